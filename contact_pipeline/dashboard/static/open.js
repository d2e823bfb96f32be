// Opens a link: takes the token from behind the # of the address, removes it there, and trades it for a cookie. And gives the
// small pages their look, for no style sheet is served without a link.
"use strict";

const look = new CSSStyleSheet();
look.replaceSync(`
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
    background: light-dark(#f6f7f9, #14171c); color: light-dark(#1c2330, #e6e9ef); }
  body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; }
  main { box-sizing: border-box; width: min(28rem, calc(100vw - 2rem)); padding: 2rem; border-radius: .75rem;
    background: light-dark(#fff, #1d2129); border: 1px solid light-dark(#dfe3ea, #323945); }
  h1 { margin: .75rem 0 .5rem; font-size: 1.375rem; line-height: 1.25; }
  p { margin: .5rem 0 0; color: light-dark(#4a5567, #aab3c2); }
  a { color: light-dark(#1f57c3, #8db4ff); }`);
document.adoptedStyleSheets = [look];

function say(title, text) {
  document.title = title;
  document.querySelector("h1").textContent = title;
  document.querySelector("p").textContent = text;
}

async function trade(token) {
  say("Opening your link", "One moment.");
  try {
    const answer = await fetch("/open", { method: "POST", body: new URLSearchParams({ token }) });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    const { title, text } = await answer.json();
    say(title, text);
  } catch {
    say("The leads cannot be reached", "Is the connection there? Then open your link again in a minute.");
  }
}

function openLink() {
  const token = location.hash.slice(1);
  if (location.pathname === "/open" && token) {
    history.replaceState(null, "", "/open");
    trade(token);
  }
}

document.addEventListener("DOMContentLoaded", openLink);
window.addEventListener("hashchange", openLink);
