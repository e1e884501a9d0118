// The page's interface for scripts and tests: `window.highwater`.
// Times are milliseconds of virtual time since the start of the run unless a name says otherwise.

export interface Answer {
  stdout: string;
  stderr: string;
  /** The exit status that the real tool would have. */
  status: number;
}

/** One event of the run, up to the playhead. */
export interface EventLine {
  /** Place among all events of the run. */
  number: number;
  /** The step of the simulation that brought it; several events may share one. */
  step: number;
  /** Microseconds since the start, negative during the boot. */
  at_us: number;
  track: "Produce" | "Replicate" | "Consume" | "Control";
  tone: "Plain" | "Lagging" | "Failing";
  /** Name of the event, as in `sim events`. */
  name: string;
  text: string;
}

/** The cluster as `sim state` prints it. */
export interface Snapshot {
  time_ms: number;
  step: number;
  seed: number;
  controller: { active: number | null; epoch: number; voters: number[]; quorum: boolean };
  brokers: { id: number; state: "up" | "crashed" | "stopped" | "frozen"; fenced: boolean; rack: string | null; epoch: number }[];
  topics: Topic[];
  groups: unknown[];
  producers: Producer[];
  consumers: Consumer[];
  transactions: unknown[];
}

export interface Topic {
  name: string;
  internal: boolean;
  config: Record<string, string>;
  partitions: {
    id: number;
    leader: number | null;
    leader_epoch: number;
    partition_epoch: number;
    replicas: number[];
    isr: number[];
    elr: number[];
    last_known_elr: number[];
    logs: {
      broker: number;
      log_start_offset: number;
      log_end_offset: number;
      high_watermark: number;
      last_stable_offset: number;
      bytes: number;
      segments: number[];
    }[];
  }[];
}

export interface Producer {
  name: string;
  producer_id: number | null;
  epoch: number | null;
  acked: number;
  failed: number;
  in_flight: number;
  buffered: number;
}

export interface Consumer {
  name: string;
  group: string | null;
  state: "running" | "frozen" | "stopped" | "crashed";
  assignment: string[];
  positions: Record<string, number>;
  delivered: number;
  processed: number;
}

export interface Highwater {
  /**
   * Runs a console line as if typed, and shows it in the console. The page stands still until the line has ended, so a
   * line that lets days of virtual time go by is better typed into the console, where Esc ends it.
   */
  run(line: string): Answer;
  snapshot(): Snapshot;
  /** Events from a moment on; all of them without an argument. */
  events(since?: number): EventLine[];
  /**
   * Moves the playhead. Up to the newest moment time is only looked at; behind it the run goes on, at most an hour of
   * virtual time at once.
   */
  seek(ms: number): void;
  /**
   * Fails as a defect of the program would, for tests of what is shown then: "panic" ends the program and brings up the
   * card that leads back, "invariant" stops time under a banner.
   */
  fail(how: "panic" | "invariant"): void;
  /** Paints one frame of a picture made for measuring onto a canvas: "capsules" (300) or "ribbons" (1,000). */
  frame(picture: string, number: number, canvas: HTMLCanvasElement): void;
}

declare global {
  interface Window {
    highwater: Highwater;
  }
}
