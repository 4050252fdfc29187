// When a page hears everybody again after it has not: `telcallReturning.watch([[user id, Hz], ...])`, then `heardAt()`.
(() => {
  const LOOK_EVERY_MS = 25;
  const AUDIBLE_DB = -55;
  let timer = null;
  let wasLost = false;
  let at = null;

  function watch(voices) {
    clearInterval(timer);
    [wasLost, at] = [false, null];
    timer = setInterval(() => {
      const heard = voices.every(([id, hz]) => (telcallListening.levels(id, [hz])?.[0] ?? -200) > AUDIBLE_DB);
      wasLost ||= !heard;
      if (heard && wasLost) at ??= Date.now();
      else at = null; // one that comes for a moment and goes is not back
    }, LOOK_EVERY_MS);
  }

  window.telcallReturning = { watch, heardAt: () => at };
})();
