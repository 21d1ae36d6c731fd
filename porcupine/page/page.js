"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const view = $("view"), canvas = $("canvas"), map = $("map"), tip = $("tip");
  const gutter = 92, axis = 26, laneHeight = 30, rowGap = 10, radius = 5;
  const css = getComputedStyle(document.documentElement);
  const color = (name) => css.getPropertyValue("--" + name).trim();

  // Orders as they are: each is stored as what it has beyond another one.
  for (const part of data.parts) {
    const whole = [];
    for (const o of part.orders) {
      whole.push((o.base < 0 ? [] : whole[o.base].slice(0, o.keep)).concat(o.steps));
    }
    part.orders = whole.map((steps) => ({ steps, at: new Map(steps.map(([op], i) => [op, i])) }));
  }

  // What is shown.
  let shown = -1;                  // a part, or -1: all
  let orders = data.parts.map(() => 0); // of each part, the order that is shown
  let real = false;                // times to scale
  let left = 0, width = 1;         // of the window, as parts of the whole
  let hover = null, picked = null, matches = new Set();
  let items = [], rows = [], height = 0;
  let names = [], times = [], last = 1, span = 1; // the times at which something shown begins or ends

  // place turns a time's index (or a point between two) into a part of the whole.
  const place = (at) => {
    if (!real || span <= 0) return at / last;
    const i = Math.max(0, Math.min(last, Math.floor(at)));
    const next = Math.min(last, i + 1);
    return (times[i] + (times[next] - times[i]) * (at - i) - times[0]) / span;
  };

  // layout gives each client a row, and operations of one client that overlap a lane each.
  function layout() {
    items = [];
    data.parts.forEach((part, p) => {
      if (shown >= 0 && shown !== p) return;
      const end = part.stuck < 0 ? Infinity : part.ops[part.stuck].e;
      part.ops.forEach((op, id) => items.push({ p, id, op, row: "client " + op.c, order: op.c,
        s: op.s, e: op.e < 0 ? Infinity : op.e, pending: op.e < 0, later: op.s > end }));
    });
    for (const note of data.annotations) {
      items.push({ note, op: note, row: note.tag || "client " + note.c, order: note.tag ? Infinity : note.c,
        s: note.s, e: note.e });
    }
    count();
    const byRow = new Map();
    for (const item of items) {
      if (!byRow.has(item.row)) byRow.set(item.row, { name: item.row, order: item.order, items: [] });
      byRow.get(item.row).items.push(item);
    }
    rows = [...byRow.values()].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
    let y = axis + 4;
    for (const row of rows) {
      row.items.sort((a, b) => a.s - b.s || a.e - b.e);
      const ends = [];
      for (const item of row.items) {
        let lane = ends.findIndex((end) => end < item.s);
        if (lane < 0) lane = ends.length;
        ends[lane] = item.e;
        item.lane = lane;
      }
      row.y = y;
      row.height = Math.max(1, ends.length) * laneHeight;
      for (const item of row.items) item.y = y + item.lane * laneHeight;
      y += row.height + rowGap;
    }
    height = y;
    points();
  }

  // count numbers the times of what is shown, so that one key alone fills the width.
  function count() {
    const used = [...new Set(items.flatMap((i) => [i.s, i.e]))].filter((t) => t < Infinity).sort((a, b) => a - b);
    const rank = new Map(used.map((t, i) => [t, i]));
    names = used.map((t) => String(data.times[t]));
    times = used.map((t) => Number(data.times[t]));
    last = Math.max(1, used.length - 1);
    span = times.length > 1 ? times[times.length - 1] - times[0] : 1;
    for (const item of items) {
      item.s = rank.get(item.s);
      item.e = rank.get(item.e) ?? last;
    }
  }

  // points puts each step of the orders shown at a time: as early as the steps before it let it be, and those
  // that share a gap between two events side by side.
  function points() {
    for (const item of items) item.point = undefined;
    const find = new Map(items.filter((i) => !i.note).map((i) => [i.p + ":" + i.id, i]));
    data.parts.forEach((part, p) => {
      const order = part.orders[orders[p]];
      if (!order || shown >= 0 && shown !== p) return;
      let gap = -1;
      const gaps = order.steps.map(([op]) => (gap = Math.max(gap, find.get(p + ":" + op).s)));
      for (let i = 0; i < gaps.length;) {
        let j = i;
        while (j < gaps.length && gaps[j] === gaps[i]) j++;
        for (let k = i; k < j; k++) {
          const item = find.get(p + ":" + order.steps[k][0]);
          const zero = item.s === item.e; // closed intervals: a point may be at the instant itself
          item.point = zero ? item.s : gaps[i] + (k - i + 1) / (j - i + 1);
          item.number = k;
          item.state = data.states[order.steps[k][1]];
        }
        i = j;
      }
    });
  }

  const isStuck = (item) => !item.note && data.parts[item.p].stuck === item.id;
  const x = (at) => gutter + (place(at) - left) / width * (canvas.clientWidth - gutter - 16);

  function resize(c, h) {
    const ratio = devicePixelRatio || 1;
    const w = c.parentElement === view ? view.clientWidth : innerWidth;
    c.style.width = w + "px";
    c.style.height = h + "px";
    c.width = Math.round(w * ratio);
    c.height = Math.round(h * ratio);
    const g = c.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    return g;
  }

  let waiting = false;
  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); paintMap(); });
  }

  function paint() {
    const h = Math.max(height + 8, view.clientHeight);
    const g = resize(canvas, h), w = canvas.clientWidth;
    g.font = "12.5px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
    g.textBaseline = "middle";
    rows.forEach((row, i) => {
      if (i % 2 === 0) {
        g.fillStyle = color("band");
        g.fillRect(0, row.y - rowGap / 2, w, row.height + rowGap);
      }
    });
    const stuck = items.find(isStuck);
    g.save();
    g.beginPath();
    g.rect(gutter - 8, 0, w, h);
    g.clip();
    grid(g, h);
    if (stuck) wall(g, stuck, h);
    for (const item of items) bar(g, item, w);
    path(g, w);
    g.restore();
    labels(g, h);
  }

  // grid draws the axis: a mark for each event when there is room, else for round numbers of them.
  function grid(g, h) {
    const inner = canvas.clientWidth - gutter - 16;
    g.fillStyle = color("soft");
    g.strokeStyle = color("line");
    g.lineWidth = 1;
    g.textAlign = "center";
    let before = -Infinity;
    const lo = left - 0.02 * width, hi = left + width * 1.02;
    const step = Math.max(1, Math.floor(last * width / inner * 4));
    for (let i = 0; i <= last; i += real ? 1 : step) {
      const f = place(i);
      if (f < lo || f > hi) continue;
      const at = x(i);
      const text = names[i] ?? "";
      if (at - before < g.measureText(text).width + 18) continue;
      before = at;
      g.beginPath(); g.moveTo(at, axis - 4); g.lineTo(at, h); g.stroke();
      g.fillText(text, at, axis / 2);
    }
    g.textAlign = "left";
  }

  // wall marks the return that no order gets past.
  function wall(g, item, h) {
    const at = x(item.e);
    g.save();
    g.strokeStyle = color("stuck");
    g.setLineDash([6, 4]);
    g.lineWidth = 1.5;
    g.beginPath(); g.moveTo(at, axis); g.lineTo(at, h); g.stroke();
    g.restore();
  }

  function shape(g, x1, y1, x2, y2, open) {
    g.beginPath();
    if (open) {
      g.moveTo(x2, y1); g.lineTo(x1 + radius, y1); g.arcTo(x1, y1, x1, y1 + radius, radius);
      g.arcTo(x1, y2, x1 + radius, y2, radius); g.lineTo(x2, y2);
    } else {
      g.roundRect(x1, y1, x2 - x1, y2 - y1, Math.min(radius, (x2 - x1) / 2));
    }
  }

  function hatch(g, ink) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const t = tile.getContext("2d");
    t.strokeStyle = ink; t.globalAlpha = 0.35; t.lineWidth = 2;
    t.beginPath(); t.moveTo(-2, 10); t.lineTo(10, -2); t.moveTo(-2, 2); t.lineTo(2, -2); t.moveTo(6, 10); t.lineTo(10, 6); t.stroke();
    return g.createPattern(tile, "repeat");
  }
  const patterns = {};

  function bar(g, item, w) {
    let x1 = x(item.s), x2 = x(item.e);
    if (x2 < gutter - 8 || x1 > w) return;
    if (x2 - x1 < 4) { x1 = (x1 + x2) / 2 - 2; x2 = x1 + 4; }
    const y1 = item.y + 3, y2 = item.y + laneHeight - 5;
    let edge = color("done"), fill = color("done-fill"), ink = color("ink"), pattern = null;
    if (item.note) {
      edge = color("note"); fill = item.note.bg || color("note-fill"); ink = item.note.fg || ink;
    } else if (isStuck(item)) {
      edge = color("stuck"); fill = color("stuck-fill"); ink = "#fff";
    } else if (item.later) {
      edge = color("line"); fill = color("band"); ink = color("soft");
    } else if (item.point === undefined) {
      edge = color("left"); fill = color("left-fill"); pattern = patterns.left ||= hatch(g, edge);
    }
    const dim = matches.size > 0 && !matches.has(item);
    g.globalAlpha = dim ? 0.25 : 1;
    shape(g, x1, y1, x2, y2, item.pending);
    g.fillStyle = fill; g.fill();
    if (pattern) { g.fillStyle = pattern; g.fill(); }
    g.strokeStyle = item === hover || item === picked || matches.has(item) ? color("ink") : edge;
    g.lineWidth = item === hover || item === picked ? 2.5 : 1.5;
    g.setLineDash(item.pending ? [5, 3] : []);
    g.stroke();
    g.setLineDash([]);
    const from = Math.max(x1, gutter - 8) + 6, room = Math.min(x2, w) - from - 6;
    if (room > 18) {
      g.fillStyle = ink;
      g.fillText(fitted(g, (isStuck(item) ? "✕ " : "") + item.op.d, room), from, (y1 + y2) / 2);
    }
    g.globalAlpha = 1;
  }

  function fitted(g, text, room) {
    if (g.measureText(text).width <= room) return text;
    let lo = 0, hi = text.length;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (g.measureText(text.slice(0, mid) + "…").width <= room) lo = mid; else hi = mid - 1;
    }
    return lo > 0 ? text.slice(0, lo) + "…" : "";
  }

  // path joins the linearization points of each part's order.
  function path(g, w) {
    data.parts.forEach((part, p) => {
      if (shown >= 0 && shown !== p) return;
      const marked = items.filter((i) => i.p === p && i.point !== undefined).sort((a, b) => a.number - b.number);
      if (marked.length === 0) return;
      const faint = shown < 0 && data.parts.length > 1 && (hover ?? picked)?.p !== p;
      g.strokeStyle = color("ink"); g.fillStyle = color("ink");
      g.globalAlpha = faint ? 0.12 : 0.55;
      g.lineWidth = 1.2;
      g.beginPath();
      let begun = false;
      for (const item of marked) {
        const at = x(item.point), y = item.y + laneHeight - 9;
        if (at < -w || at > 2 * w) { begun = false; continue; }
        if (begun) g.lineTo(at, y); else g.moveTo(at, y);
        begun = true;
      }
      g.stroke();
      g.globalAlpha = faint ? 0.3 : 1;
      const crowded = marked.length > 1 && (canvas.clientWidth - gutter) / width / marked.length < 4;
      for (const item of marked) {
        const at = x(item.point);
        if (at < gutter - 8 || at > w) continue;
        g.beginPath(); g.arc(at, item.y + laneHeight - 9, crowded ? 1.5 : 3.2, 0, 7); g.fill();
      }
      g.globalAlpha = 1;
    });
  }

  function labels(g, h) {
    g.fillStyle = color("back");
    g.fillRect(0, 0, gutter - 8, h);
    g.textAlign = "right";
    rows.forEach((row, i) => {
      if (i % 2 === 0) {
        g.fillStyle = color("band");
        g.fillRect(0, row.y - rowGap / 2, gutter - 8, row.height + rowGap);
      }
      g.fillStyle = row.order === Infinity ? color("note") : color("soft");
      g.fillText(fitted(g, row.name, gutter - 18), gutter - 14, row.y + row.height / 2);
    });
    g.textAlign = "left";
  }

  function paintMap() {
    const g = resize(map, 44), w = map.clientWidth;
    g.fillStyle = color("panel");
    g.fillRect(0, 0, w, 44);
    const count = new Float32Array(Math.max(1, Math.ceil(w / 2)));
    for (const item of items) {
      if (item.note) continue;
      const a = Math.floor(place(item.s) * (count.length - 1)), b = Math.floor(place(item.pending ? item.s : item.e) * (count.length - 1));
      for (let i = a; i <= b; i++) count[i]++;
    }
    let most = 1;
    for (const c of count) most = Math.max(most, c);
    g.fillStyle = color("done");
    g.globalAlpha = 0.55;
    count.forEach((c, i) => g.fillRect(i * 2, 40 - 32 * c / most, 2, 32 * c / most));
    g.globalAlpha = 1;
    const stuck = items.find(isStuck);
    if (stuck) {
      g.fillStyle = color("stuck");
      g.fillRect(place(stuck.e) * w - 1, 2, 3, 40);
    }
    g.strokeStyle = color("ink");
    g.lineWidth = 1.5;
    g.strokeRect(left * w + 1, 2, Math.max(3, width * w - 2), 40);
  }

  // Moving about.
  function clamp() {
    width = Math.min(1, Math.max(width, 2 / last / 8, 1e-9));
    left = Math.max(0, Math.min(1 - width, left));
  }
  function zoom(factor, at = left + width / 2) {
    const before = width;
    width *= factor;
    clamp();
    left = at - (at - left) * width / before;
    clamp();
    draw();
  }
  function show(item, share = 24) {
    const wide = Math.min(1, share / Math.max(share, items.length) * 2);
    width = Math.min(width, Math.max(wide, (place(item.e) - place(item.s)) * 1.3));
    left = (place(item.s) + place(item.e)) / 2 - width / 2;
    clamp();
    view.scrollTop = item.y - view.clientHeight / 2;
    draw();
  }
  function goToFailure() {
    const item = items.find(isStuck);
    if (item) { picked = item; show(item); }
  }
  const fit = () => { left = 0; width = 1; draw(); };

  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    const mx = event.clientX - box.left, my = event.clientY - box.top;
    if (mx < gutter - 8) return null;
    return items.find((i) => my >= i.y + 3 && my <= i.y + laneHeight - 5 && mx >= x(i.s) - 2 && mx <= Math.max(x(i.e), x(i.s) + 4) + 2) ?? null;
  };

  let drag = null;
  canvas.addEventListener("pointerdown", (e) => {
    drag = { x: e.clientX, y: e.clientY, left, top: view.scrollTop, moved: false };
    canvas.setPointerCapture(e.pointerId);
  });
  canvas.addEventListener("pointermove", (e) => {
    if (drag) {
      drag.moved ||= Math.abs(e.clientX - drag.x) + Math.abs(e.clientY - drag.y) > 4;
      if (drag.moved) {
        canvas.classList.add("moving");
        left = drag.left - (e.clientX - drag.x) / (canvas.clientWidth - gutter) * width;
        view.scrollTop = drag.top - (e.clientY - drag.y);
        clamp();
        draw();
      }
    }
    const item = drag?.moved ? null : under(e);
    if (item !== hover) { hover = item; draw(); }
    tell(item, e);
  });
  canvas.addEventListener("pointerup", (e) => {
    if (drag && !drag.moved) pick(under(e));
    drag = null;
    canvas.classList.remove("moving");
  });
  canvas.addEventListener("pointerleave", () => { hover = null; tip.hidden = true; draw(); });
  view.addEventListener("wheel", (e) => {
    const overflow = view.scrollHeight > view.clientHeight + 1;
    if (e.ctrlKey || e.metaKey || !overflow && Math.abs(e.deltaY) > Math.abs(e.deltaX)) {
      e.preventDefault();
      const box = canvas.getBoundingClientRect();
      const at = left + (e.clientX - box.left - gutter) / (canvas.clientWidth - gutter - 16) * width;
      zoom(Math.exp(Math.max(-50, Math.min(50, e.deltaY)) / 150), at);
    } else if (e.deltaX !== 0 || e.shiftKey) {
      e.preventDefault();
      left += (e.deltaX || e.deltaY) / (canvas.clientWidth - gutter) * width;
      clamp();
      draw();
    }
  }, { passive: false });
  const jump = (e) => { left = e.clientX / map.clientWidth - width / 2; clamp(); draw(); };
  map.addEventListener("pointerdown", (e) => { map.setPointerCapture(e.pointerId); jump(e); });
  map.addEventListener("pointermove", (e) => { if (e.buttons) jump(e); });
  addEventListener("resize", draw);
  addEventListener("keydown", (e) => {
    if (e.target.matches("input, select")) return;
    const move = { ArrowLeft: -0.15, ArrowRight: 0.15 }[e.key];
    if (move) { left += move * width; clamp(); draw(); }
    else if (e.key === "+" || e.key === "=") zoom(0.7);
    else if (e.key === "-") zoom(1 / 0.7);
    else if (e.key === "f") fit();
    else if (e.key === "g") goToFailure();
  });

  // tell shows what is known of an operation, as text: values may hold anything.
  function tell(item, e) {
    tip.hidden = !item;
    if (!item) return;
    const lines = [];
    const time = (i) => names[i];
    if (item.note) {
      if (item.note.m) lines.push(item.note.m);
      lines.push(item.s === item.e ? "at " + time(item.s) : time(item.s) + " to " + time(item.e));
    } else {
      const part = data.parts[item.p];
      lines.push(`client ${item.op.c}${part.key ? ", key " + part.key : ""}: called at ${time(item.s)}, ` +
        (item.pending ? "never returned" : `returned at ${time(item.e)}`));
      if (item.point !== undefined) lines.push(`number ${item.number + 1} in the order shown; state after it: ${item.state}`);
      else if (item.later) lines.push("called after the return that no order gets past");
      else if (part.orders.length > 0) lines.push("not in the order shown");
      if (isStuck(item)) lines.push("no order gets past this return");
      if (item.op.m) lines.push(item.op.m);
    }
    tip.replaceChildren();
    const head = document.createElement("b");
    head.textContent = item.op.d;
    tip.append(head, ...lines.map((text) => { const div = document.createElement("div"); div.textContent = text; return div; }));
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(e.clientX + 14, innerWidth - box.width - 8)) + "px";
    tip.style.top = (e.clientY + 18 + box.height > innerHeight ? e.clientY - box.height - 10 : e.clientY + 18) + "px";
  }

  // pick chooses an operation, and the longest order that has it.
  function pick(item) {
    picked = item && !item.note && item !== picked ? item : null;
    if (picked) {
      const best = data.parts[picked.p].orders.findIndex((o) => o.at.has(picked.id));
      if (best >= 0) { orders[picked.p] = best; points(); $("order").value = best; }
    }
    draw();
  }

  // The header.
  function header() {
    const counts = { Ok: 0, Illegal: 0, Unknown: 0 };
    data.parts.forEach((p) => counts[p.result]++);
    const verdict = counts.Illegal ? "Illegal" : counts.Unknown ? "Unknown" : "Ok";
    $("verdict").className = verdict;
    $("verdict").textContent = { Ok: "✓ linearizable", Illegal: "✕ not linearizable", Unknown: "? unknown" }[verdict];
    document.title = $("verdict").textContent;
    const mark = { Ok: "✓ ", Illegal: "✕ ", Unknown: "? " };
    if (data.parts.length !== 1) $("part").add(new Option(`all ${data.parts.length} keys`, -1));
    const list = data.parts.map((p, i) => [p, i]);
    const rank = { Illegal: 0, Unknown: 1, Ok: 2 };
    list.sort((a, b) => rank[a[0].result] - rank[b[0].result] || a[1] - b[1]);
    for (const [p, i] of list) $("part").add(new Option(mark[p.result] + (p.key ? `key ${p.key}` : `part ${i + 1}`) + ` (${p.ops.length})`, i));
    $("part").parentElement.hidden = data.parts.length < 2;
    const bad = data.parts.findIndex((p) => p.result === "Illegal");
    shown = bad >= 0 ? bad : data.parts.length === 1 ? 0 : -1;
    $("part").value = shown;
    $("failure").hidden = counts.Illegal === 0;
  }
  function choosePart() {
    shown = Number($("part").value);
    picked = hover = null;
    const list = $("order");
    list.replaceChildren();
    const part = data.parts[shown];
    $("orderLabel").hidden = !part || part.orders.length < 2;
    part?.orders.forEach((o, i) => list.add(new Option(`${i + 1}: ${o.steps.length} of ${part.ops.length} operations`, i)));
    if (part) list.value = orders[shown];
    const size = (part ? [part] : data.parts).reduce((n, p) => n + p.ops.length, 0);
    const longest = part?.orders[0]?.steps.length ?? 0;
    $("summary").textContent = `${size} operations` +
      (part && part.result !== "Ok" ? `, the longest order found has ${longest}` : "");
    layout();
    find();
  }
  function find() {
    const text = $("search").value.toLowerCase();
    matches = new Set(text ? items.filter((i) => i.op.d.toLowerCase().includes(text)) : []);
    $("found").textContent = text ? `${matches.size} found` : "";
    draw();
  }
  let turn = 0;
  $("search").addEventListener("input", () => { turn = 0; find(); });
  $("search").addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || matches.size === 0) return;
    show([...matches].sort((a, b) => a.s - b.s)[turn++ % matches.size]);
  });
  $("part").addEventListener("change", () => { choosePart(); fit(); });
  $("order").addEventListener("change", () => { orders[shown] = Number($("order").value); points(); draw(); });
  $("scale").addEventListener("change", (e) => { real = e.target.checked; draw(); });
  $("failure").addEventListener("click", () => {
    if (!items.some(isStuck)) { $("part").value = data.parts.findIndex((p) => p.stuck >= 0); choosePart(); }
    goToFailure();
  });
  $("in").addEventListener("click", () => zoom(0.7));
  $("out").addEventListener("click", () => zoom(1 / 0.7));
  $("fit").addEventListener("click", fit);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { delete patterns.left; draw(); });

  header();
  choosePart();
  if (items.length > 150 && items.some(isStuck)) goToFailure();
})();
