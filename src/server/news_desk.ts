import type { News, Tell } from "./news.ts";
import type { Services } from "./services.ts";

/** Sends this thread's news to the others, and takes in theirs. */
export class NewsDesk {
  readonly #send: Tell;
  #hearing = false;

  constructor(send: Tell) {
    this.#send = send;
  }

  /** What is heard is not told again. */
  readonly tell: Tell = (news) => {
    if (!this.#hearing) this.#send(news);
  };

  /** Treats another thread's news as if it had happened here. */
  hear(news: News, services: Services): void {
    this.#hearing = true;
    try {
      takeIn(news, services);
    } finally {
      this.#hearing = false;
    }
  }
}

function takeIn(news: News, { breakers, learned, keyRings, store }: Services): void {
  switch (news.kind) {
    case "breaker":
      return breakers[news.event](news.target);
    case "learned": {
      const { target, model, quirks } = news.finding;
      return learned.add(target, model, quirks);
    }
    case "key_refused": {
      const target = store.current().targets.get(news.target);
      if (target) keyRings.of(target).refused(news.key, news);
    }
  }
}
