import { HeliographError } from "../../core/error.js";
import type { RegisterRequest, RegisterResponse } from "../../gen/heliograph/discovery/v1/registry.js";
import { Answers } from "./registry-answers.js";

/** What registrations need of the registry that serves them. */
export interface RegisterAnswersHost {
  /** Takes what a node says. Throws what the stream is to end with. */
  said(answers: RegisterAnswers, request: RegisterRequest): void;
  /** The node has left. */
  left(answers: RegisterAnswers): void;
  /** The stream is over, and the node has not left. */
  broke(answers: RegisterAnswers): void;
  answer(version: number): RegisterResponse;
}

/** One stream over which a node registers. What the node says is taken whether or not it reads the answers. */
export class RegisterAnswers extends Answers<RegisterResponse> {
  private readonly host: RegisterAnswersHost;
  private version: number | undefined;
  private hasLeft = false;

  constructor(host: RegisterAnswersHost, requests: AsyncIterable<RegisterRequest>) {
    super();
    this.host = host;
    void this.read(requests);
  }

  /** Watchers have been told of an announcement. Of several that were not answered yet, the last one is. */
  told(version: number): void {
    this.version = version;
    this.stir();
  }

  protected take(): RegisterResponse | undefined {
    const { version } = this;
    this.version = undefined;
    return version === undefined ? undefined : this.host.answer(version);
  }

  protected ended(): void {
    if (this.hasLeft) this.host.left(this);
    else this.host.broke(this);
  }

  private async read(requests: AsyncIterable<RegisterRequest>): Promise<void> {
    try {
      for await (const request of requests) {
        if (this.over) return;
        this.host.said(this, request);
      }
      this.hasLeft = !this.over;
      this.end();
    } catch (error) {
      this.end(HeliographError.from(error));
    }
  }
}
