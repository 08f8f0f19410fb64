import { Code } from "../../core/code.js";
import { HeliographError } from "../../core/error.js";
import type { WatchResponse } from "../../gen/heliograph/discovery/v1/registry.js";
import type { InstanceListener, ResolverHost } from "../../naming/resolver.js";
import { InstanceListeners } from "../instance-listeners.js";
import type { RegistryClient, RegistryLink, RegistryStream } from "./registry-resolver-link.js";
import { RegistryView } from "./registry-resolver-view.js";

/** Follows one service at one registry, for all who want to know. */
export class RegistryWatch implements RegistryStream {
  private readonly link: RegistryLink;
  private readonly host: ResolverHost;
  private readonly endpoint: string;
  private readonly view: RegistryView;
  private readonly listeners: InstanceListeners;
  private run: AbortController | undefined;
  /** Why the registry can't be asked at present. */
  private trouble: HeliographError | undefined;

  /** @param service empty for all instances */
  constructor(service: string, link: RegistryLink, host: ResolverHost, endpoint: string) {
    this.link = link;
    this.host = host;
    this.endpoint = endpoint;
    this.view = new RegistryView(service);
    this.listeners = new InstanceListeners(host.logger);
  }

  /** Nobody wants to know any more. */
  get idle(): boolean {
    return this.listeners.size === 0;
  }

  listen(listener: InstanceListener): () => void {
    const leave = this.listeners.add(listener);
    this.link.add(this);
    return leave;
  }

  close(): void {
    this.listeners.close();
    this.run?.abort();
    this.run = undefined;
    this.link.remove(this);
  }

  begin(client: RegistryClient): void {
    this.run?.abort();
    const run = new AbortController();
    this.run = run;
    void this.follow(run, client);
  }

  broke({ reason }: HeliographError): void {
    // One that says that it shuts down knows who has left.
    if (reason === "DRAINING" || !this.view.broke()) return;
    this.listeners.update(() => this.view.instances);
    if (this.trouble !== undefined) this.listeners.failed(this.trouble);
  }

  lost(error: HeliographError): void {
    this.trouble = error;
    this.listeners.failed(error);
  }

  private async follow(run: AbortController, client: RegistryClient): Promise<void> {
    let failure: HeliographError | undefined;
    let warned = false;
    const unreadable = (error: HeliographError): void => {
      if (!warned) this.host.logger.warn({ error, registry: this.endpoint }, "an instance is passed over");
      warned = true;
    };
    try {
      const responses = client.watch(this.view.request, { signal: run.signal });
      // A loop over them would hold on to the last one until the next comes: of all instances, that may be much.
      while (await this.takeNext(run, client, responses, unreadable));
    } catch (error) {
      failure = HeliographError.from(error);
    }
    if (run.signal.aborted) return;
    this.run = undefined;
    run.abort();
    if (failure !== undefined && failure.code !== Code.Unavailable) this.view.doubt();
    this.link.failed(this, client, failure ?? this.ended());
  }

  /** False when there are no more. */
  private async takeNext(
    run: AbortController,
    client: RegistryClient,
    responses: AsyncIterator<WatchResponse>,
    unreadable: (error: HeliographError) => void,
  ): Promise<boolean> {
    const { done, value } = await responses.next();
    if (done || run.signal.aborted) return false;
    this.view.take(value, unreadable);
    this.trouble = undefined;
    this.link.answered(this, client);
    this.listeners.update(() => this.view.instances);
    return true;
  }

  private ended(): HeliographError {
    return new HeliographError(Code.Aborted, `the registry at ${this.endpoint} has ended a watch`, {
      reason: "CONNECTION_LOST",
    });
  }
}
