/** One subject of one source, in the order in which they were heard. */
interface Heard<Source> {
  readonly source: Source;
  readonly subject: string;
  at: number;
  earlier: Heard<Source> | undefined;
  later: Heard<Source> | undefined;
}

/** A subject of which nothing was heard in time. */
export interface Silence<Source> {
  readonly source: Source;
  readonly subject: string;
}

/**
 * Finds the subjects that are silent for too long: each once, and again after it was heard. What was never heard is not
 * waited for. Hearing takes the same time however many there are. Pure: times are passed in, and never go back.
 */
export class DeadlineWatch<Source> {
  private readonly deadlineMs: number;
  private readonly most: number;
  private readonly sources = new Map<Source, Map<string, Heard<Source>>>();
  private first: Heard<Source> | undefined;
  private last: Heard<Source> | undefined;
  private count = 0;

  /** @param most subjects that are watched at a time; of more than that those that are silent the longest are let go */
  constructor(deadlineMs: number, most: number) {
    this.deadlineMs = deadlineMs;
    this.most = most;
  }

  /** Subjects that were heard, and are not silent for too long. */
  get size(): number {
    return this.count;
  }

  /** When the next one will have been silent for too long; infinite when there is none. */
  get dueAt(): number {
    return this.first === undefined ? Number.POSITIVE_INFINITY : this.first.at + this.deadlineMs;
  }

  heard(source: Source, subject: string, now: number): void {
    let subjects = this.sources.get(source);
    if (subjects === undefined) {
      subjects = new Map();
      this.sources.set(source, subjects);
    }
    const known = subjects.get(subject);
    if (known !== undefined) {
      known.at = now;
      if (known === this.last) return;
      this.unlink(known);
      this.append(known);
      return;
    }
    const heard = { source, subject, at: now, earlier: undefined, later: undefined };
    subjects.set(subject, heard);
    this.count++;
    this.append(heard);
    if (this.count > this.most && this.first !== undefined) this.drop(this.first);
  }

  /** Those that have become silent for too long, the longest first. */
  take(now: number): readonly Silence<Source>[] {
    const silent: Silence<Source>[] = [];
    while (this.first !== undefined && this.dueAt <= now) {
      silent.push(this.first);
      this.drop(this.first);
    }
    return silent;
  }

  /** Nothing is expected of a source any more. */
  forget(source: Source): void {
    for (const heard of this.sources.get(source)?.values() ?? []) this.drop(heard);
  }

  /** Nothing is expected any more but of these subjects. */
  keep(isMeant: (subject: string) => boolean): void {
    for (let heard = this.first; heard !== undefined; heard = heard.later)
      if (!isMeant(heard.subject)) this.drop(heard);
  }

  private drop(heard: Heard<Source>): void {
    const subjects = this.sources.get(heard.source);
    subjects?.delete(heard.subject);
    if (subjects?.size === 0) this.sources.delete(heard.source);
    this.unlink(heard);
    this.count--;
  }

  private append(heard: Heard<Source>): void {
    heard.earlier = this.last;
    heard.later = undefined;
    if (this.last === undefined) this.first = heard;
    else this.last.later = heard;
    this.last = heard;
  }

  /** Leaves its own links as they are, so that whoever walks along them gets on. */
  private unlink({ earlier, later }: Heard<Source>): void {
    if (earlier === undefined) this.first = later;
    else earlier.later = later;
    if (later === undefined) this.last = earlier;
    else later.earlier = earlier;
  }
}
