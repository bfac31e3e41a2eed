/**
 * How columns lie in bytes. Numbers are little-endian.
 *
 *   u8     version, 1
 *   u8     zero, three times
 *   u32    how many entries
 *   u32    how many names
 *   then   by name: u32 end of the name among the names, u32 end of its column among the columns
 *   then   the names, one after another
 *   then   the columns, one after another, to the end
 *
 * A column begins with a byte that says its kind, whichever takes the fewest bytes:
 *
 *   same   the value of every entry
 *   each   by entry: u32 end of its value among the values, times two, plus one if it has a value;
 *          then the values
 *   some   u32 how many entries have a value; these entries, rising, u32 each;
 *          by those: u32 end of the value among the values; then the values
 *
 * Names and values are UTF-8 of the text between the quotes of a JSON string. So half
 * of a surrogate pair has a form, and a value is rendered by copying its bytes.
 */
export const VERSION = 1
export const HEAD_BYTES = 12
export const NAME_BYTES = 8
export const Kind = { same: 1, each: 2, some: 3 } as const
export const KIND_BYTES = 1
export const COUNT_BYTES = 4
export const END_BYTES = 4
export const ENTRY_BYTES = 4

export const ENTRIES_MAX = 65_536

/** Ends, doubled, are u32. */
export const COLUMN_BYTES_MAX = 2 ** 31 - 1
