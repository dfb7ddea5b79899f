/** Waits for every one, so that a fault of one keeps no other from its end. @throws the first fault */
export async function allOf(works: Iterable<Promise<unknown>>): Promise<void> {
  const ended = await Promise.allSettled(works);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
