// What the pages gain from JavaScript: charts, keys for decisions, and a word when the program no longer answers. All
// reads and all forms work without it.
"use strict";

(() => {
  const offline = document.getElementById("offline");
  const told = (isDown) => { offline.hidden = !isDown; };

  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden) event.preventDefault();
  });
  document.addEventListener("htmx:error", () => told(true));
  document.addEventListener("htmx:after:request", (event) => told(event.detail.ctx.response.status >= 500));

  const COUNTS = { received: "--accent", delivered: "--ok", refused: "--bad", failed: "--warn", parked: "--busy" };
  const DASHES = { delivered: [8, 4], refused: [2, 3], failed: [6, 3, 2, 3], parked: [10, 6] };

  function draw(place) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const clock = new Map();
    const said = (seconds) => clock.get(seconds) ?? "";
    const fine = { stroke: colour("--line"), width: 1 };
    const axis = { stroke: colour("--quiet"), grid: fine, ticks: fine };
    const series = Object.entries(COUNTS).map(([name, tone]) => ({
      label: place.dataset[name], stroke: colour(tone), width: 2, dash: DASHES[name], points: { show: false },
    }));
    const size = () => ({ width: Math.max(240, place.clientWidth), height: 240 });
    const chart = new uPlot({
      ...size(),
      series: [{ label: place.dataset.time, value: (_, at) => (at === null ? "–" : said(at)) }, ...series],
      axes: [{ ...axis, values: (_, ticks) => ticks.map(said) }, { ...axis, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
      scales: { y: { range: (_, low, high) => [0, Math.max(5, high * 1.1)] } },
    }, [[], ...series.map(() => [])], place);
    new ResizeObserver(() => chart.setSize(size())).observe(place);

    async function refresh() {
      if (document.hidden) return;
      try {
        const answer = await fetch(place.dataset.series, { headers: { Accept: "application/json", "HX-Request": "true" } });
        if (answer.redirected) location.reload();
        if (!answer.ok) throw new Error(String(answer.status));
        const points = await answer.json();
        points.at.forEach((at, place) => clock.set(at, points.clock[place]));
        chart.setData([points.at, ...Object.keys(COUNTS).map((name) => points[name])]);
        told(false);
      } catch {
        told(true);
      }
    }
    refresh();
    setInterval(refresh, 10000);
    document.addEventListener("visibilitychange", refresh);
  }

  // Single keys decide only while the focus is within what they decide about, and never while somebody writes.
  const keyed = document.querySelector("[data-keys]");
  keyed?.focus({ preventScroll: true });
  keyed?.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input:not([type=radio]), select, textarea")) return;
    const wanted = [...keyed.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
    if (wanted) {
      event.preventDefault();
      wanted.click();
    }
  });

  document.querySelectorAll(".chart").forEach(draw);
})();
