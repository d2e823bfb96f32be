// What makes the pages smooth: views change in place, a lead opens beside the list, keys. Without it everything still works
// by plain links and forms. A search may name a person, so it is posted, and kept in the state of the history, never in an
// address.
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");
  const WAIT_FOR_TYPING = 220; // milliseconds
  const panel = one("#panel");
  let asking = null; // the request under way: a newer one takes its place
  let underWay = null; // what it searches for, null where none is under way

  // ---- saying things -------------------------------------------------------------------------------------------------
  function say(text) {
    one("#live").textContent = text;
  }

  function toast(text, link) {
    all(".toast").forEach((old) => old.remove());
    const box = document.createElement("div");
    box.className = "toast";
    box.append(text);
    if (link) box.append(link);
    document.body.append(box);
    say(text);
    if (!link) setTimeout(() => box.remove(), 6000);
  }

  function ended(page) {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "What to do";
    toast(`${one("h1", page)?.textContent || "This link has ended"}.`, link);
  }

  // ---- asking --------------------------------------------------------------------------------------------------------
  // The page at an address, or null where there is nothing to show; what went wrong is said and the page kept.
  async function fetchPage(address, search, signal) {
    const options = { signal, headers: { accept: "text/html" } };
    if (search) Object.assign(options, { method: "POST", body: new URLSearchParams({ q: search }) });
    try {
      const answer = await fetch(address, options);
      const page = parse(await answer.text());
      if (answer.ok) return page;
      if (answer.status === 401 || answer.status === 403) ended(page);
      else toast(one("main p", page)?.textContent || "That did not work. Please try again.");
    } catch (fault) {
      if (fault.name !== "AbortError") toast("No connection. What you see is what was there before.");
    }
    return null;
  }

  const view = () => one("#view");
  const searched = () => one("#ask input")?.value || "";

  async function show(address, search, { push = true } = {}) {
    asking?.abort();
    const mine = (asking = new AbortController());
    underWay = search;
    view().setAttribute("aria-busy", "true");
    const page = await fetchPage(address, search, mine.signal);
    if (mine !== asking) return false;
    underWay = null;
    view().removeAttribute("aria-busy");
    const found = page && one("#view", page);
    if (!found) return false;
    const before = view().dataset;
    swap(found, page);
    if (push) hidePanel();
    if (push) history.pushState({ search }, "", found.dataset.address);
    else history.replaceState({ search }, "", location.href);
    if (before.run !== found.dataset.run) toast(`New scores are here: you see those of ${found.dataset.scored}.`);
    else say(found.dataset.found);
    return true;
  }

  // Puts the new view in place; what was open, typed and in focus stays so.
  function swap(found, page) {
    const active = document.activeElement;
    const key = active?.closest("[data-key]")?.dataset.key;
    const typed = active?.id === "q" ? { value: active.value, start: active.selectionStart, end: active.selectionEnd } : null;
    const open = new Map(all("details[data-key]", view()).map((each) => [each.dataset.key, each.open]));
    const filters = one("#show-filters").checked;
    const rail = one("#rail").scrollTop;
    view().replaceWith(found);
    for (const facts of ["#run", "#stale"]) one(facts).replaceWith(one(facts, page));
    for (const each of all("details[data-key]")) if (open.has(each.dataset.key)) each.open = open.get(each.dataset.key);
    one("#show-filters").checked = filters;
    one("#rail").scrollTop = rail;
    if (typed) {
      one("#q").value = typed.value;
      one("#q").focus();
      one("#q").setSelectionRange(typed.start, typed.end);
    } else if (key) {
      (one(`[data-key="${CSS.escape(key)}"]`) || one("#found")).focus({ preventScroll: true });
    }
    markOpen();
  }

  async function showAllValues(target, address) {
    const page = await fetchPage(address, searched());
    const values = page && one("#values ul", page);
    if (!values) return;
    target.parentElement.querySelector("ul").replaceWith(values);
    one(`[data-key]`, values)?.focus({ preventScroll: true });
    target.remove();
  }

  function go(target) {
    const address = target.getAttribute("formaction") || target.getAttribute("href");
    if (target.dataset.go === "values") return showAllValues(target, address);
    show(address, target.dataset.go === "clear" ? "" : searched());
    if (target.closest(".pager")) window.scrollTo({ top: 0 });
  }

  // ---- a lead beside the list ----------------------------------------------------------------------------------------
  const leadLinks = () => all("a.lead", view());
  const openId = () => (panel && !panel.hidden ? one("#lead", panel)?.dataset.id : null);
  const linkOf = (id) => leadLinks().find((link) => link.closest("tr").dataset.id === id);

  function markOpen() {
    const id = openId();
    for (const row of all("tr[data-id]")) row.classList.toggle("open", row.dataset.id === id);
  }

  async function openLead(address, { push = true } = {}) {
    asking?.abort();
    const mine = (asking = new AbortController());
    underWay = null;
    const page = await fetchPage(address, "", mine.signal);
    const lead = page && one("#lead", page);
    if (mine !== asking || !lead) return;
    one("#panel-lead").replaceChildren(lead);
    one("#panel-page").href = address;
    panel.hidden = false;
    panel.scrollTop = 0;
    markOpen();
    for (const part of all("header, main")) part.inert = matchMedia("(max-width: 520px)").matches; // it covers them
    const state = { search: searched(), lead: address };
    if (push && history.state?.lead) history.replaceState(state, "", address); // leafing is one step back
    else if (push) history.pushState(state, "", address);
    one("#lead-name").focus({ preventScroll: true });
    one("tr.open")?.scrollIntoView({ block: "nearest" });
  }

  function hidePanel() {
    panel.hidden = true;
    one("#panel-lead").replaceChildren();
    for (const part of all("header, main")) part.inert = false;
    markOpen();
  }

  function closeLead({ push = true } = {}) {
    const id = openId();
    if (!id) return;
    hidePanel();
    if (push) history.pushState({ search: searched() }, "", view().dataset.address);
    (linkOf(id) || one("#found")).focus();
  }

  async function leaf(step) {
    const links = leadLinks();
    const at = links.findIndex((link) => link.closest("tr").dataset.id === openId());
    const next = links[at + step];
    if (at >= 0 && next) return openLead(next.href);
    const turn = one(`[data-key="page:${step > 0 ? "after" : "before"}"]`);
    if (!turn || at < 0) return say(step > 0 ? "This is the last lead" : "This is the first lead");
    const address = turn.getAttribute("formaction") || turn.getAttribute("href");
    if (await show(address, searched(), { push: false })) {
      const fresh = leadLinks();
      await openLead((step > 0 ? fresh[0] : fresh[fresh.length - 1]).href);
    }
  }

  async function openSources(link) {
    const page = await fetchPage(link.href, "");
    const sources = page && one("#sources", page);
    if (sources) {
      one("#sources-place", link.closest("#lead")).replaceChildren(sources);
      link.closest("p").remove();
      sources.tabIndex = -1;
      sources.focus({ preventScroll: true });
    }
  }

  // ---- clicks, forms, keys -------------------------------------------------------------------------------------------
  const wantsTab = (event) => event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

  document.addEventListener("click", (event) => {
    const target = event.target.closest("a, button, label, input, summary, tr[data-id]");
    for (const menu of all(".link-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (!target || wantsTab(event)) return;
    if (target.id === "sources-link") return event.preventDefault(), openSources(target);
    if (!view()) return;
    if (target.dataset.panel === "close") return closeLead();
    if (target.dataset.panel) return leaf(target.dataset.panel === "after" ? 1 : -1);
    if (target.dataset.go !== undefined) return event.preventDefault(), go(target);
    if (target.matches("a.lead")) return event.preventDefault(), clearTimeout(typing), openLead(target.href);
    if (target.matches("tr") && !String(getSelection())) openLead(one("a.lead", target).href);
  });

  let typing = 0;
  function searchNow() {
    clearTimeout(typing);
    const search = one("#q").value.trim();
    if (search !== (underWay ?? searched())) show(one("#find").getAttribute("action"), search);
  }
  document.addEventListener("input", (event) => {
    if (event.target.id !== "q" || !view()) return;
    clearTimeout(typing);
    typing = setTimeout(searchNow, WAIT_FOR_TYPING);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!view() || form.dataset.go === undefined) return;
    event.preventDefault();
    if (form.id === "find") return searchNow();
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("q");
    const address = new URL(form.getAttribute("action"), location.href);
    for (const [name, value] of fields) address.searchParams.append(name, value);
    show(address.pathname + address.search, searched());
  });

  function moveInList(step) {
    if (openId()) return leaf(step);
    const links = leadLinks();
    const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  }

  const KEYS = {
    "/": () => one("#q").focus(),
    j: () => moveInList(1),
    k: () => moveInList(-1),
    n: () => one('[data-key="page:after"]')?.click(),
    p: () => one('[data-key="page:before"]')?.click(),
    "?": () => one("#keys").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (!view() || event.ctrlKey || event.metaKey || event.altKey || one("#keys").open) return;
    if (event.key === "Escape" && openId()) return closeLead();
    if (event.target.closest("input, textarea, select")) return;
    if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });

  // ---- back, forward, reload -----------------------------------------------------------------------------------------
  window.addEventListener("popstate", async (event) => {
    if (!event.state) {
      if (view()) history.replaceState({ search: searched() }, "", location.href); // a jump within the page
      return;
    }
    if (!view()) return location.reload(); // a lead as a page of its own, that was reloaded from beside its list
    const search = event.state.search || "";
    if (location.pathname.startsWith("/lead/")) return openLead(location.href, { push: false });
    const isAnother = view().dataset.address !== location.pathname + location.search || search !== searched();
    if (openId()) closeLead({ push: false });
    if (isAnother) await show(location.pathname + location.search, search, { push: false });
  });
  if (view()) {
    const search = searched() || history.state?.search || "";
    history.replaceState({ search }, "", location.href);
    if (search && !searched()) show(location.pathname + location.search, search, { push: false });
  }
})();
