/**
 * Bytes that are not an encoding of a protobuf message. Never leaves `src/wire`: the codec turns it into a
 * HeliographError that names the message and the field.
 */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
  /** What is wrong, such as `a varint of more than 10 bytes`. */
  readonly problem: string;
  /** Where it was noticed, counted from the first byte of the outermost message. */
  readonly offset: number;
  /** Number of the field that was being read; 0 when it was not known. */
  readonly field: number;

  constructor(problem: string, offset: number, field = 0) {
    super(`${problem} at byte ${offset}${field === 0 ? "" : `, in field ${field}`}`);
    this.problem = problem;
    this.offset = offset;
    this.field = field;
  }
}
