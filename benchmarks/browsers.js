// What browsers.py runs inside the pages: times are taken here, so that what drives the browsers is not measured.
window.bench = {
  welcomed: 0,
  rows: { ids: new Set(), at: 0 },

  // Resolves once a frame with what is on the page now has been drawn.
  drawn() {
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))));
  },

  // Says when the first screen was there, in milliseconds since the navigation began.
  watchWelcome() {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(".welcome")) return;
      observer.disconnect();
      bench.drawn().then((now) => { bench.welcomed = now; });
    }).observe(document, { childList: true, subtree: true });
  },

  // Says which articles the table has shown, and when it last grew.
  watchRows() {
    const { rows } = bench;
    new MutationObserver(() => {
      const before = rows.ids.size;
      const shown = document.querySelectorAll(".aq-library .articles [data-article]");
      for (const row of shown) rows.ids.add(row.dataset.article);
      if (rows.ids.size > before) bench.drawn().then((now) => { rows.at = now; });
    }).observe(document, { childList: true, subtree: true });
  },

  // Presses Enter at a moment of the clock that all pages share. Resolves to the seconds until the whole answer is
  // drawn, and how late the key was.
  press(moment, patience) {
    const whole = () => document.querySelectorAll(".turn[aria-busy=false]").length;
    return new Promise((resolve, reject) => {
      setTimeout(() => {
        const before = whole();
        const late = (Date.now() - moment) / 1000;
        const pressed = performance.now();
        const observer = new MutationObserver(async () => {
          if (whole() <= before) return;
          observer.disconnect();
          resolve([(await bench.drawn() - pressed) / 1000, late]);
        });
        const changes = { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-busy"] };
        observer.observe(document.body, changes);
        setTimeout(() => reject(new Error(`no answer within ${patience} s`)), patience * 1000);
        // Whoever has typed is in the field.
        const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(enter);
      }, moment - Date.now());
    });
  },

  // Clicks a citation. Resolves to the seconds until a frame is drawn in which the highlighted span lies wholly within
  // the article's pane.
  async open(marker, fact, patience) {
    const clicked = performance.now();
    marker.click();
    while (performance.now() - clicked < patience * 1000) {
      await new Promise(requestAnimationFrame);
      const mark = document.querySelector("#cited");
      if (!mark?.textContent.includes(fact)) continue;
      const [inner, outer] = [mark, mark.closest(".aq-reader")].map((part) => part.getBoundingClientRect());
      if (inner.top < outer.top || inner.bottom > outer.bottom) continue;
      await new Promise((resolve) => setTimeout(resolve));
      return (performance.now() - clicked) / 1000;
    }
    throw new Error(`the span was not in view within ${patience} s`);
  },

  // Scrolls the table to its end, so many pixels a frame, until it has shown every article. Resolves to the seconds of
  // each frame.
  async scroll(row, step, total, patience) {
    const scrolls = (part) => part.scrollHeight > part.clientHeight + 1 && getComputedStyle(part).overflowY !== "visible";
    let pane = row.parentElement;
    while (pane.parentElement && !scrolls(pane)) pane = pane.parentElement;
    const ended = () => pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 1;
    const frames = [];
    const began = performance.now();
    let before = await new Promise(requestAnimationFrame);
    while (!ended() || bench.rows.ids.size < total) {
      if (before - began > patience * 1000) throw new Error(`${bench.rows.ids.size} rows within ${patience} s`);
      pane.scrollTop += step;
      const now = await new Promise(requestAnimationFrame);
      frames.push((now - before) / 1000);
      before = now;
    }
    return frames;
  },
};
