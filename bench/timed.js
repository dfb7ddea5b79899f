/** How many it gives, in which time, and the processor time of this process for each. */
export async function timed(work) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const count = await work();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { count, seconds, cpuMicros: (user + system) / count };
}
