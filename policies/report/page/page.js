"use strict";
// Filters and pages over the findings that lie in this page as data. Text reaches the page as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { strings, rules, resources, findings, verdicts, bound } = data;
  const WIDTH = 7; // rule, resource, verdict, message, path, seen, waiver
  const PAGE = 50;
  const total = findings.length / WIDTH;
  const lower = strings.map((text) => text.toLowerCase());
  const whole = rules.map((rule) =>
    [rule.id, rule.number, rule.title, rule.remedy, rule.severity, ...Object.entries(rule.controls).flatMap(([name, ids]) => ids.map((id) => `${name} ${id}`))]
      .join("\n").toLowerCase());
  const at = (id) => document.getElementById(id);
  const [text, severity, framework, control, stack, check, output, body] =
    ["f-text", "f-severity", "f-framework", "f-control", "f-stack", "f-check", "count", "rows"].map(at);
  const chips = [...document.querySelectorAll("[data-verdict]")];
  const shown = new Uint32Array(total);
  let matches = 0;
  let page = 0;

  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null));
    return node;
  };
  const option = (select, value, label) => select.append(new Option(label, value));
  const number = (value) => value.toLocaleString("en");
  const plural = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

  function controlsOf(name) {
    const found = new Set();
    for (const rule of rules) for (const id of rule.controls[name] || []) found.add(id);
    return [...found].sort(new Intl.Collator("en", { numeric: true }).compare);
  }
  function fillControls() {
    control.replaceChildren();
    option(control, "", framework.value ? "All controls" : "Choose a framework");
    if (framework.value) for (const id of controlsOf(framework.value)) option(control, id, id);
    control.disabled = !framework.value;
  }

  // A term is found where a rule, a resource or what was said of them holds it; every term must be.
  function hits(term) {
    const inString = Uint8Array.from(lower, (each) => (each.includes(term) ? 1 : 0));
    const inRule = Uint8Array.from(whole, (each) => (each.includes(term) ? 1 : 0));
    const inResource = Uint8Array.from(resources, (each) => each.some((index) => inString[index]) ? 1 : 0);
    return { inString, inRule, inResource };
  }
  const allowedRules = () => Uint8Array.from(rules, (rule) => {
    if (severity.value && rule.severity !== severity.value) return 0;
    if (check.value && rule.id !== check.value) return 0;
    const ids = framework.value ? rule.controls[framework.value] : [];
    return ids && (!control.value || ids.includes(control.value)) ? 1 : 0;
  });

  function filter() {
    const started = performance.now();
    const terms = text.value.toLowerCase().split(/\s+/).filter(Boolean).map(hits);
    const ruleOk = allowedRules();
    const wanted = stack.value === "" ? -1 : Number(stack.value);
    const pressed = chips.map((chip) => chip.getAttribute("aria-pressed") === "true");
    const any = !pressed.includes(true);
    const counts = new Uint32Array(verdicts.length);
    matches = 0;
    next: for (let row = 0, i = 0; row < total; row++, i += WIDTH) {
      const rule = findings[i];
      const resource = findings[i + 1];
      if (!ruleOk[rule] || (wanted >= 0 && resources[resource][2] !== wanted)) continue;
      for (const { inString, inRule, inResource } of terms) {
        if (!(inRule[rule] || inResource[resource] || inString[findings[i + 3]] || inString[findings[i + 4]] ||
          inString[findings[i + 5]] || inString[findings[i + 6]])) continue next;
      }
      const verdict = findings[i + 2];
      counts[verdict]++;
      if (any || pressed[verdict]) shown[matches++] = row;
    }
    chips.forEach((chip, verdict) => { chip.querySelector("b").textContent = number(counts[verdict]); });
    page = 0;
    draw();
    remember();
    performance.measure("filter", { start: started, end: performance.now() });
  }

  const note = (label, value) => make("p", { class: "note" }, make("b", null, label), value);
  const code = (value) => make("code", null, value);
  // A type breaks between its parts, not inside a word.
  const token = (value) => make("code", null, ...value.split(/(?<=[:/])/).flatMap((part, i) => i ? [make("wbr"), part] : [part]));

  function controls(rule) {
    const entries = Object.entries(rule.controls);
    const count = entries.reduce((sum, [, ids]) => sum + ids.length, 0);
    const list = entries.map(([name, ids]) => make("li", null, `${data.frameworks[name] || name}: ${ids.join(", ")}`));
    return make("details", { class: "controls" }, make("summary", null, plural(count, "control")), make("ul", null, ...list));
  }
  function said(i, rule, verdict) {
    const [message, path, seen, waiver] = [3, 4, 5, 6].map((offset) => strings[findings[i + offset]]);
    const wrong = verdict === "failed" || verdict === "waived";
    const cell = make("td", { role: "cell" });
    if (message || !path) cell.append(make("p", null, message || "Holds."));
    if (path) {
      const value = make("span", null, code(path));
      if (wrong) value.append(" is ", code(seen === "None" ? "absent" : seen || "absent"));
      cell.append(note("Seen", value));
    }
    if (waiver) cell.append(note("Waiver", waiver));
    if (wrong) cell.append(note("Remedy", rule.remedy));
    cell.append(controls(rule));
    return cell;
  }
  function row(index) {
    const i = index * WIDTH;
    const rule = rules[findings[i]];
    const [name, type, stackIndex] = resources[findings[i + 1]].map((each) => strings[each]);
    const verdict = verdicts[findings[i + 2]];
    const resource = name
      ? [make("p", { class: "name" }, make("bdi", null, name)), make("p", { class: "id" }, token(type)), make("p", { class: "id" }, stackIndex)]
      : [make("p", { class: "id" }, stackIndex ? `no resource, in ${stackIndex}` : "no resource")];
    return make("tr", { role: "row" },
      make("td", { role: "cell" }, make("span", { class: `badge ${verdict}` }, verdict.replace("_", " ")), make("div", { class: `sev ${rule.severity}` }, rule.severity)),
      make("td", { role: "cell" }, make("p", null, rule.title), make("p", { class: "id" }, `${rule.number} · ${rule.id}`)),
      make("td", { role: "cell" }, ...resource),
      said(i, rule, verdict));
  }

  const pages = () => Math.max(1, Math.ceil(matches / PAGE));
  function put(from, until) {
    const fragment = document.createDocumentFragment();
    for (let i = from; i < until; i++) fragment.append(row(shown[i]));
    if (!matches) fragment.append(make("tr", { role: "row" }, make("td", { role: "cell", colspan: 4, class: "empty" }, "No finding fits these filters.")));
    body.replaceChildren(fragment);
  }
  function draw() {
    const from = page * PAGE;
    const until = Math.min(matches, from + PAGE);
    put(from, until);
    output.textContent = `${number(matches)} of ${plural(total, "finding")}` + (matches > PAGE ? `, ${number(from + 1)} to ${number(until)} shown` : "");
    for (const pager of document.querySelectorAll(".pager")) {
      pager.hidden = matches <= PAGE;
      pager.querySelector("span").textContent = `Page ${number(page + 1)} of ${number(pages())}`;
      const [first, last] = pager.querySelectorAll("button");
      first.disabled = page === 0;
      last.disabled = page + 1 >= pages();
    }
  }
  function turn(by, button) {
    page = Math.min(pages() - 1, Math.max(0, page + by));
    draw();
    at("findings").scrollIntoView();
    if (!button.disabled) button.focus({ preventScroll: true });
  }

  // The filters are in the address, so that a view can be sent and the way back works.
  const fields = { q: text, severity, framework, control, stack, check };
  function remember() {
    const state = new URLSearchParams();
    for (const [name, field] of Object.entries(fields)) {
      const value = name === "stack" && field.value ? strings[Number(field.value)] : field.value;
      if (value) state.set(name, value);
    }
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.verdict);
    if (pressed.length) state.set("verdict", pressed.join(","));
    const query = state.toString();
    if (query || location.hash.startsWith("#?")) history.replaceState(null, "", query ? `#?${query}` : location.pathname + location.search);
  }
  function restore() {
    const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
    framework.value = state.get("framework") || "";
    if (framework.selectedIndex < 0) framework.value = "";
    fillControls();
    for (const [name, field] of Object.entries(fields)) {
      const value = state.get(name) || "";
      field.value = name === "stack" && value ? String(strings.indexOf(value)) : value;
      if (field.selectedIndex < 0) field.value = "";
    }
    const pressed = (state.get("verdict") || "").split(",");
    for (const chip of chips) chip.setAttribute("aria-pressed", String(pressed.includes(chip.dataset.verdict)));
  }
  function show(filters) {
    location.hash = `?${new URLSearchParams(filters)}`;
  }

  for (const rule of [...rules].sort((a, b) => a.number - b.number)) option(check, rule.id, `${rule.number} ${rule.id}`);
  for (const [name, label] of Object.entries(data.frameworks)) option(framework, name, label);
  for (const index of data.stacks) option(stack, String(index), strings[index]);
  text.addEventListener("input", filter);
  for (const field of [severity, control, stack, check]) field.addEventListener("change", filter);
  framework.addEventListener("change", () => { fillControls(); filter(); });
  for (const chip of chips) chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  at("clear").addEventListener("click", () => {
    for (const field of Object.values(fields)) field.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    fillControls();
    filter();
    text.focus();
  });
  for (const pager of document.querySelectorAll(".pager")) {
    const [first, last] = pager.querySelectorAll("button");
    first.addEventListener("click", () => turn(-1, first));
    last.addEventListener("click", () => turn(1, last));
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show]");
    if (!link) return;
    event.preventDefault();
    show(JSON.parse(link.dataset.show));
    at("findings").scrollIntoView();
  });
  window.addEventListener("hashchange", () => { if (location.hash.startsWith("#?")) { restore(); filter(); } });

  // Print: every row that fits the filters up to the bound, everything opened, and afterwards as before.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    put(0, Math.min(matches, bound));
    output.textContent = `${number(matches)} of ${plural(total, "finding")}`;
    at("rest").hidden = matches <= bound;
    at("rest").textContent = `The first ${number(bound)} of ${plural(matches, "finding")}; the rest is in report.json, or here with narrower filters.`;
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const each of closed) each.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
    at("rest").hidden = true;
    draw();
  });

  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;
  restore();
  filter();
  performance.mark("ready");
})();
