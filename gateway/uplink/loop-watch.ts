import { GatewayState } from "#contract/messages.ts";
import { JsonText } from "#kit/json-text.ts";

/**
 * Notices that this gateway stands behind its own parent. Each gateway says in its `state` through which runs of gateways
 * its messages come: its own random mark and those of the gateways that send through it. Whoever reads its own mark in the
 * state of another one is part of a ring.
 */
export class LoopWatch {
  readonly #mark: string;
  readonly #behind = new Map<string, readonly string[]>();

  constructor(mark: string) {
    this.#mark = mark;
  }

  /** A gateway's `state` was published here. */
  note(topic: string, payload: Uint8Array): void {
    const parsed = StateText.safeParse(Buffer.from(payload).toString());
    if (parsed.success && parsed.data.online) this.#behind.set(topic, parsed.data.via);
    else this.#behind.delete(topic);
  }

  /** The marks that this gateway's own state names. */
  get via(): readonly string[] {
    const others = [...this.#behind.values()].flat().filter((mark) => mark !== this.#mark);
    return [this.#mark, ...new Set(others)];
  }

  get isInLoop(): boolean {
    return [...this.#behind.values()].some((via) => via.includes(this.#mark));
  }
}

const StateText = JsonText.pipe(GatewayState);
