// A live scoreboard line for each change of a ring's match, and for each point.
//
// npm install zeromq @msgpack/msgpack
// node scoreboard.mjs --ring ring-1

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { decode, encode } from "@msgpack/msgpack";
import { Request, Subscriber } from "zeromq";

const ASK_TIMEOUT_MS = 3000;
const MARK_TIMEOUT_MS = 50;
const RETRY_MS = 1000;

/** Something was missed: take a new snapshot and go on from there. */
class Lost extends Error {}

/** One ring's events, joined without gap or overlap, however late we come. */
class Bus {
  last = new Map(); // topic frame -> boot_id and seq of its last event

  constructor(events, commands, ring) {
    this.commands = commands;
    this.ring = ring;
    this.sub = new Subscriber({ receiveHighWaterMark: 20_000 });
    this.sub.connect(events);
    this.sub.subscribe(`match.state/${ring}/`, `pss.point/${ring}/`);
  }

  /** The match as it stands. What `events` gives from here on is what happened after that. */
  async join() {
    this.last.clear();
    const nonce = randomUUID();
    const mark = `~mark/${nonce}/`;
    this.sub.subscribe(mark); // last: when a mark arrives, the subscriptions before it are in force, too
    for (;;) {
      const snapshot = await this.ask("pss-parser", "snapshot", { ring: this.ring, nonce });
      const deadline = performance.now() + MARK_TIMEOUT_MS;
      while (snapshot) {
        const event = await this.receive(Math.max(0, Math.round(deadline - performance.now())));
        if (event === undefined) break; // no mark in time: ask again
        if (event.frame === mark) {
          this.sub.unsubscribe(mark);
          return snapshot;
        }
        const { boot_id: boot, seq } = event.envelope;
        this.last.set(event.frame, { boot, seq }); // thrown away: it is in the snapshot
      }
    }
  }

  /** Each event with its topic frame; throws Lost when one is missing. */
  async *events() {
    for (;;) {
      const { frame, envelope } = await this.receive(-1);
      const before = this.last.get(frame);
      this.last.set(frame, { boot: envelope.boot_id, seq: envelope.seq });
      if (before && before.boot !== envelope.boot_id) throw new Lost(`${envelope.producer} was restarted`);
      if (before && before.seq + 1 !== envelope.seq) {
        throw new Lost(`${envelope.seq - before.seq - 1} events of ${frame} did not reach us`);
      }
      yield { frame, event: envelope.event };
    }
  }

  /** The next event; undefined when none came in time (-1: wait for ever). */
  async receive(timeoutMs) {
    this.sub.receiveTimeout = timeoutMs;
    try {
      const [frame, body] = await this.sub.receive();
      return { frame: frame.toString(), envelope: decode(body) };
    } catch (error) {
      if (error.code === "EAGAIN") return undefined;
      throw error;
    }
  }

  /** One command's result; undefined after a pause when it could not be had. */
  async ask(service, command, body) {
    const socket = new Request({ receiveTimeout: ASK_TIMEOUT_MS, linger: 0 }); // a new socket for each request
    try {
      socket.connect(this.commands);
      await socket.send(encode({ service, command, id: randomUUID(), body }));
      const [answer] = await socket.receive();
      const reply = decode(answer);
      if (reply.ok) return reply.result;
      console.log(reply.error.message);
      await pause(RETRY_MS);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      console.log("The command gateway does not answer. Is the suite up?");
    } finally {
      socket.close();
    }
    return undefined;
  }
}

/** A match as one line. A field that is missing has its default. */
function board(state) {
  if (!state.match_id) return `${state.ring}: no match`;
  const side = (colour, { short_name, score = 0, gam_jeoms = 0, rounds_won = 0 } = {}) =>
    `${short_name || colour} ${score} (${gam_jeoms} gj, ${rounds_won} won)`;
  const clock = state.clock_ms;
  const seconds = String(Math.floor((clock ?? 0) / 1000) % 60).padStart(2, "0");
  const timeLeft = clock == null ? "-:--" : `${Math.floor(clock / 60000)}:${seconds}`;
  const sides = `${side("blue", state.chong)} : ${side("red", state.hong)}`;
  const what = `match ${state.match_number || "?"}, round ${state.round || "-"}, ${timeLeft} ${state.stage || ""}`;
  return `${state.ring}: ${what}: ${sides}`;
}

/** A point as one line. */
function point({ ring, data }) {
  return `${ring}: point for ${data.athlete === 1 ? "blue" : "red"}: ${data.technique || "?"}`;
}

/** The scoreboard's lines, for ever. */
async function* lines(bus) {
  for (;;) {
    const snapshot = await bus.join();
    let state = snapshot.state;
    yield board(state);
    try {
      for await (const { frame, event } of bus.events()) {
        const isState = frame.startsWith("match.state/");
        if (isState && state.journal_id !== "" && state.journal_id !== event.journal_id) {
          throw new Lost("the ring has a new journal"); // its entries are counted from 1 again
        }
        if (event.entry <= snapshot.entry) continue; // it is in the snapshot already
        if (!isState) {
          yield point(event);
          continue;
        }
        if (board(event) !== board(state)) yield board(event);
        state = event;
      }
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      yield `${bus.ring}: ${error.message}; taking a new snapshot`;
    }
  }
}

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "tcp://127.0.0.1:5556" },
    commands: { type: "string", default: "tcp://127.0.0.1:5557" },
    ring: { type: "string", default: "ring-1" },
    count: { type: "string", default: "0" }, // end after so many lines
  },
});

let printed = 0;
for await (const line of lines(new Bus(options.events, options.commands, options.ring))) {
  console.log(line);
  if (++printed === Number(options.count)) process.exit(0);
}
