(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const button = document.querySelector("[data-theme-button]");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const nameButton = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameButton();
  });
  prefersDark.addEventListener("change", nameButton);
  nameButton();
  document.querySelector("[data-print-button]").addEventListener("click", () => window.print());

  const nearest = (across, at) => {
    let low = 0;
    let high = across.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (across[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low > 0 && at - across[low - 1] < across[low] - at ? low - 1 : low;
  };

  const follow = (chart) => {
    const { across, rows, dots } = JSON.parse(document.getElementById(chart.dataset.hover).textContent);
    if (!across.length) return;
    const plots = [...chart.querySelectorAll("svg.plot")];
    const lines = plots.map((plot) => plot.querySelector(".crosshair"));
    const cells = [chart.querySelector("[data-when]"), ...chart.querySelectorAll("[data-value]")];
    const resting = cells.map((cell) => cell.textContent);
    const circles = dots.map((dot) => {
      const circle = document.createElementNS(plots[dot.panel].namespaceURI, "circle");
      circle.setAttribute("class", `dot ${dot.css}`);
      circle.setAttribute("r", "3.5");
      plots[dot.panel].append(circle);
      return circle;
    });
    const scale = () => chart.querySelector(".scale:checked")?.value ?? "linear";
    let row = across.length - 1;

    const show = (index) => {
      row = Math.max(0, Math.min(across.length - 1, index));
      const left = `${across[row] * 100}%`;
      lines.forEach((line) => { line.setAttribute("x1", left); line.setAttribute("x2", left); });
      dots.forEach((dot, number) => {
        const top = dot.tops[row];
        const seen = top !== null && (!dot.scale || dot.scale === scale());
        circles[number].setAttribute("visibility", seen ? "visible" : "hidden");
        if (!seen) return;
        circles[number].setAttribute("cx", left);
        circles[number].setAttribute("cy", `${top * 100}%`);
      });
      rows[row].forEach((text, number) => { cells[number].textContent = text; });
      chart.classList.add("pointed");
    };
    const rest = () => {
      chart.classList.remove("pointed");
      cells.forEach((cell, number) => { cell.textContent = resting[number]; });
    };
    const point = (event) => {
      const box = plots[0].getBoundingClientRect();
      show(nearest(across, (event.clientX - box.left) / box.width));
    };
    chart.querySelectorAll(".panel").forEach((panel) => {
      panel.addEventListener("pointermove", point);
      panel.addEventListener("pointerdown", point);
    });
    chart.addEventListener("pointerleave", rest);
    chart.addEventListener("blur", rest);
    chart.tabIndex = 0;
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
      if (event.target !== chart || step === undefined) return;
      event.preventDefault();
      show(row + step);
    });
  };
  document.querySelectorAll("[data-hover]").forEach(follow);

  const readMap = (chart) => {
    const { x, y, texts } = JSON.parse(document.getElementById(chart.dataset.map).textContent);
    const reading = chart.querySelector("[data-reading]");
    const resting = reading.textContent;
    const plot = chart.querySelector("svg.plot");
    const point = (event) => {
      const box = plot.getBoundingClientRect();
      const inside = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
      const column = inside((event.clientX - box.left) / box.width, x.length);
      const row = y.length - 1 - inside((event.clientY - box.top) / box.height, y.length);
      reading.textContent = `${x[column]}, ${y[row]}: ${texts[row][column] || "not tried"}`;
    };
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", () => { reading.textContent = resting; });
  };
  document.querySelectorAll("[data-map]").forEach(readMap);
})();
