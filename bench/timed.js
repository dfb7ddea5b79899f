/** Adds up how long the parts of a work take, and the processor time of this process in them. */
export class Stopwatch {
  #milliseconds = 0;
  #cpuMicros = 0;

  async time(work) {
    const stop = this.#start();
    const result = await work();
    stop();
    return result;
  }

  timeSync(work) {
    const stop = this.#start();
    work();
    stop();
  }

  /** Of work that was on so many things: processor time is for each. */
  figures(count) {
    return { count, seconds: this.#milliseconds / 1_000, cpuMicros: this.#cpuMicros / count };
  }

  #start() {
    const cpu = process.cpuUsage();
    const began = performance.now();
    return () => {
      const { user, system } = process.cpuUsage(cpu);
      this.#milliseconds += performance.now() - began;
      this.#cpuMicros += user + system;
    };
  }
}

/** How many it gives, in which time, and the processor time of this process for each. */
export async function timed(work) {
  const watch = new Stopwatch();
  return watch.figures(await watch.time(work));
}
