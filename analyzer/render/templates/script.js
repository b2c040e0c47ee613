"use strict";
// Sorts, filters and opens what is in the page already. Text goes in as text only, never as markup.
(() => {
  const MOST_CHOICES = 60;
  const order = new Intl.Collator("en", { numeric: true });
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const pair = (label, control) => make("span", { className: "pair" },
    make("label", { htmlFor: control.id, textContent: label }), control);
  const live = make("p", { className: "live", role: "status" });
  const say = (text) => { live.textContent = text; live.hidden = !text; };
  const plain = (element) => element.textContent.replace(/\s+/g, " ").trim();
  // The texts of an item with a separator between them: no word is made of the ends of two neighbours.
  const apart = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode.data.replace(/\s+/g, " "));
    return texts.join("\n");
  };
  const value = (cell) => !cell ? "" : cell.dataset.v ?? plain(cell);
  const number = (text) => /^[+-]?[\d,]*\.?\d+$/.test(text) ? Number(text.replaceAll(",", "")) : NaN;
  const tools = new Map();

  // A set of things that can be searched and chosen from: the rows of a table, or the cards of the findings.
  class Tool {
    constructor(name, noun, items, keys) {
      Object.assign(this, { name, noun, items, keys, chosen: new Map(), wanted: "" });
      this.texts = null;
      this.count = make("output", { className: "count" });
      this.count.setAttribute("aria-live", "polite");
      this.search = make("input", { type: "search", id: `search-${name}`, autocomplete: "off", spellcheck: false });
      this.search.addEventListener("input", () => { this.wanted = this.search.value; this.apply(); });
      this.bar = make("div", { className: "tools", role: "group" }, pair("search", this.search));
      this.bar.setAttribute("aria-label", `Search and filter: ${noun}s`);
      this.selects = new Map(keys.filter((key) => key.choices.length > 1).map((key) => [key.name, this.select(key)]));
      this.reset = make("button", { type: "button", textContent: "show all", hidden: true });
      this.reset.addEventListener("click", () => { this.clear(); this.search.focus(); });
      this.bar.append(this.reset, this.count);
      tools.set(name, this);
    }

    select(key) {
      const select = make("select", { id: `${this.name}-${key.name.replace(/\W/g, "-")}` });
      select.append(make("option", { value: "", textContent: "all" }));
      for (const choice of key.choices) select.append(make("option", { value: choice, textContent: choice }));
      select.addEventListener("change", () => this.choose(key.name, select.value));
      this.bar.append(pair(key.name, select));
      return select;
    }

    choose(name, choice) {
      if (choice) this.chosen.set(name, choice); else this.chosen.delete(name);
      const select = this.selects.get(name);
      if (select) select.value = choice;
      this.apply();
    }

    clear() {
      this.wanted = this.search.value = "";
      this.chosen.clear();
      for (const select of this.selects.values()) select.value = "";
      this.apply();
    }

    apply() {
      this.texts ??= this.items.map((item) => apart(item).toLowerCase());
      const words = this.wanted.toLowerCase().split(/\s+/).filter(Boolean);
      const tests = [...this.chosen].map(([name, choice]) => [this.keys.find((key) => key.name === name), choice]);
      let shown = 0;
      this.items.forEach((item, place) => {
        const fits = words.every((word) => this.texts[place].includes(word))
          && tests.every(([key, choice]) => key.of(item).includes(choice));
        item.hidden = !fits;
        shown += fits;
      });
      const narrowed = words.length > 0 || tests.length > 0;
      this.reset.hidden = !narrowed;
      this.count.textContent = narrowed ? `${shown} of ${this.items.length} ${this.noun}s on this page` : "";
      this.after?.();
    }
  }

  const distinct = (values, words) => {
    const found = [...new Set(values.flat().filter(Boolean))];
    if (found.length > MOST_CHOICES) return [];
    return found.sort((one, other) => words ? words.indexOf(one) - words.indexOf(other) : order.compare(one, other));
  };

  const sortable = (table, bar) => {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const by = make("select", { id: `sort-${table.id}` });
    by.append(make("option", { value: "", textContent: "as it is" }));
    const sort = (column, direction) => {
      heads.forEach((head, place) => {
        if (place === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        else head.removeAttribute("aria-sort");
      });
      by.value = column === null ? "" : `${column}:${direction}`;
      if (column === null) { body.append(...original); return; }
      const words = heads[column].dataset.order?.split(" ");
      const keyed = original.map((row) => [row, value(row.cells[column])]);
      const numbers = keyed.map(([, text]) => number(text));
      const numeric = !words && keyed.every(([, text], place) => !text || !Number.isNaN(numbers[place]));
      const rank = (text) => words.includes(text) ? words.indexOf(text) : words.length;
      keyed.forEach((entry, place) => { entry.push(numeric ? numbers[place] : words ? rank(entry[1]) : entry[1]); });
      keyed.sort(([, one, first], [, other, second]) => {
        if (!one || !other) return Boolean(other) - Boolean(one);
        return direction * (numeric || words ? first - second : order.compare(first, second));
      });
      body.append(...keyed.map(([row]) => row));
    };
    heads.forEach((head, column) => {
      const name = plain(head);
      const button = make("button", { type: "button", className: "sort", title: `sort by ${name}` });
      button.append(...head.childNodes);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        if (now === "descending") sort(null, 1); else sort(column, now === "ascending" ? -1 : 1);
      });
      head.append(button);
      for (const [direction, label] of [[1, "up"], [-1, "down"]]) {
        by.append(make("option", { value: `${column}:${direction}`, textContent: `${name}, ${label}` }));
      }
    });
    by.addEventListener("change", () => {
      const [column, direction] = by.value.split(":").map(Number);
      if (by.value) sort(column, direction); else sort(null, 1);
    });
    bar?.firstChild.after(make("span", { className: "narrow" }, pair("sort", by)));
  };

  for (const table of document.querySelectorAll("table[data-noun]")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 2) continue;
    let bar = null;
    if (rows.length > 5) {
      const heads = [...table.tHead.rows[0].cells];
      const keys = heads.flatMap((head, column) => "filter" in head.dataset ? [{
        name: plain(head),
        choices: distinct(rows.map((row) => value(row.cells[column])), head.dataset.order?.split(" ")),
        of: (row) => [value(row.cells[column])],
      }] : []);
      if (rows[0].dataset.any !== undefined) {
        const of = (row) => row.dataset.any.split(" ");
        keys.push({ name: "has", choices: distinct(rows.map(of)), of });
      }
      const tool = new Tool(table.id.slice(2), table.dataset.noun, rows, keys);
      bar = tool.bar;
      table.closest(".scroll").before(bar);
    }
    sortable(table, bar);
  }

  const list = document.getElementById("cards");
  if (list) {
    const cards = [...list.querySelectorAll(".finding")];
    const key = (name) => {
      const of = (card) => [card.dataset[name]];
      return { name, choices: distinct(cards.map(of)), of };
    };
    const tool = new Tool("findings", list.dataset.noun, cards, [key("verdict"), key("reason")]);
    tool.after = () => {
      for (const kind of list.querySelectorAll(".kind")) kind.hidden = !kind.querySelector(".finding:not([hidden])");
    };
    const by = make("select", { id: "sort-findings" });
    const orders = { "": "most serious", first: "earliest", flows: "most flows", bytes: "most bytes" };
    for (const [order, label] of Object.entries(orders)) by.append(make("option", { value: order, textContent: label }));
    by.addEventListener("change", () => {
      const of = (card) => card.dataset[by.value];
      for (const kind of list.querySelectorAll(".kind")) {
        const own = cards.filter((card) => card.closest(".kind") === kind);
        if (by.value === "first") own.sort((one, other) => order.compare(of(one), of(other)));
        else if (by.value) own.sort((one, other) => number(of(other)) - number(of(one)));
        kind.append(...own);
      }
    });
    const open = make("button", { type: "button", textContent: "open all" });
    open.addEventListener("click", () => {
      const all = [...list.querySelectorAll("details")];
      const closed = all.some((part) => !part.open);
      for (const part of all) part.open = closed;
      open.textContent = closed ? "close all" : "open all";
    });
    tool.reset.before(pair("first", by), open);
    if (cards.length > 1) list.before(tool.bar);
  }

  // Where a link leads to something that a filter hides or that is folded, it is shown and opened first.
  const reveal = () => {
    let id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    if (!id) return;
    const target = document.getElementById(id);
    if (!target) {
      say(`${id} is not on this page, which shows the most serious; flows.csv and findings.csv have all.`);
      return;
    }
    say("");
    for (const tool of tools.values()) {
      if (tool.items.some((item) => item.hidden && item.contains(target))) tool.clear();
    }
    for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    target.querySelector(":scope > details.card")?.setAttribute("open", "");
    if (!target.matches("a, button, input, select, summary")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: target.offsetHeight > innerHeight / 2 ? "start" : "center" });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-show]");
    if (link) tools.get(link.hash.slice(1))?.choose("verdict", link.dataset.show);
    const same = event.target.closest("a[href^='#']");
    if (same && same.getAttribute("href") === location.hash) reveal();
  });
  // The page does not know its folder when it is made: a command names it once the page is opened from there.
  const folderOf = ({ protocol, hostname, pathname }) => {
    let path = "";
    try { path = decodeURIComponent(pathname).replace(/\/[^/]*$/, "") || "/"; } catch { return "DIR"; }
    if (protocol !== "file:" || hostname || /^\/[A-Za-z]:/.test(path)) return "DIR";
    return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'"'"'`)}'`;
  };
  const folder = folderOf(location);
  for (const code of document.querySelectorAll("code.command")) {
    code.textContent = code.textContent.replace(" DIR ", () => ` ${folder} `);
  }
  if (folder !== "DIR") document.querySelector(".folder")?.remove();
  for (const code of document.querySelectorAll("code.take")) {
    const what = code.matches(".command") ? "command" : "filter";
    const button = make("button", { type: "button", className: "copy", textContent: "copy" });
    button.setAttribute("aria-label", `copy the ${what}`);
    button.addEventListener("click", () => {
      getSelection().selectAllChildren(code);
      navigator.clipboard?.writeText(code.textContent).then(() => say(`The ${what} is copied.`), () => {});
    });
    code.after(button);
  }
  document.body.prepend(live);
  say("");
  addEventListener("hashchange", reveal);
  reveal();
})();
