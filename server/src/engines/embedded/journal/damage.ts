import { Fault } from '../../../domain/errors.ts'
import type { Place } from '../../../domain/place.ts'

/**
 * Something that was durable does not match its checksum or is gone. The
 * journal is left as it is found: what to give up is the operator's choice.
 */
export class DamagedJournal extends Fault {
  override readonly name = 'DamagedJournal'
  readonly place: Place
  readonly file: string

  constructor(place: Place, file: string, detail: string) {
    super(
      'damaged',
      `The journal is damaged at place ${place} in ${file}: ${detail}. Nothing was changed; ` +
        'stop the server and run "carillon repair" to see what stood there and to cut it out.',
    )
    this.place = place
    this.file = file
  }
}
