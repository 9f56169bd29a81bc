/** What the shells need of a transport: one stream of whole messages, in order, both ways. */

/** Why a stream ended; `message` for a log line. */
export interface StreamEnd {
  readonly message: string;
}

export interface MessageStream {
  send(message: Uint8Array): void;
  /** End it from this side; `error` tells the peer that it was at fault. */
  end(error?: string): void;
}

/** How a stream's owner hears of it. `onEnd` is called once, and nothing after it. */
export interface StreamHandler {
  onMessage(message: Uint8Array): void;
  onEnd(end: StreamEnd): void;
}
