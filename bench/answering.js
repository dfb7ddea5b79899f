/** Answers each message of the process that started this one (`startSender`) with what the work gives, until it lets go. */
export function answering(work) {
  process.on('message', (job) => {
    work(job).then(
      (figures) => process.send({ figures }),
      (error) => process.send({ error: error.stack }),
    );
  });
  process.once('disconnect', () => process.exit());
}
