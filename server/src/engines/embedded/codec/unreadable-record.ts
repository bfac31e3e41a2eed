/** These bytes are not a record of this type. */
export class UnreadableRecord extends Error {
  override readonly name = 'UnreadableRecord'
}
