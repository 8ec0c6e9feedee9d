// Gives what is wrong with a page for who cannot see it, sees little, or has no mouse: a sentence for each fault.
// The rules are of the Web Content Accessibility Guidelines 2.2, level AA, by criterion.
const faults = [];
const fault = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
const all = (selector) => [...document.querySelectorAll(selector)];
const named = (element) =>
  element.getAttribute("aria-label") || document.getElementById(element.getAttribute("aria-labelledby"))?.textContent
  || (element.labels && [...element.labels].map((label) => label.textContent).join("")) || element.textContent.trim();

// 1.1.1: what is a picture says what it shows.
all("img:not([alt]), svg:not([role=img][aria-label])").forEach((one) => fault("picture without words", one));
// 1.3.1: headings, landmarks, tables.
const levels = all("h1, h2, h3, h4, h5, h6");
levels.forEach((one, place) => {
  if (place === 0 ? one.tagName !== "H1" : one.tagName[1] - levels[place - 1].tagName[1] > 1) fault("heading out of order", one);
});
for (const mark of ["header", "main", "nav", "h1"]) {
  if (all(mark).length !== 1) faults.push(`not one ${mark}`);
}
all("nav, section").filter((one) => !named(one)).forEach((one) => fault("landmark without a name", one));
all("body > *").filter((one) => !one.matches("header, main, nav, script, .skip, .unseen")).forEach((one) => fault("outside of landmarks", one));
all("th:not([scope])").forEach((one) => fault("head without scope", one));
all("table:not(:has(> caption))").forEach((one) => fault("table without caption", one));
all("tbody tr:not(:has(> th))").forEach((one) => fault("row without head", one));
// 2.1.1: a keyboard reaches what acts and what scrolls; of links to a table's rows, one, and from there the others.
all("a, button, input, summary").filter((one) => one.tabIndex < 0).forEach((one) => {
  if (!one.closest("table")?.querySelector(".link[tabindex='0']")) fault("out of a keyboard's reach", one);
});
all("*").filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX))
  .filter((one) => one.tabIndex < 0 && !one.querySelector("a")).forEach((one) => fault("scrolls by mouse alone", one));
// 2.4.3: no order of the tabulator but the page's own.
all("[tabindex]").filter((one) => one.tabIndex > 0).forEach((one) => fault("tabindex of its own order", one));
// 2.4.4, 4.1.2: what acts has a name; names refer to what is there, once; links within lead somewhere.
all("a, button, input, summary").filter((one) => !named(one)).forEach((one) => fault("without a name", one));
all("[aria-labelledby]").filter((one) => !document.getElementById(one.getAttribute("aria-labelledby"))).forEach((one) => fault("named by nothing", one));
all("[id]").filter((one) => document.getElementById(one.id) !== one).forEach((one) => fault("id twice", one));
all("a[href^='#'], use").filter((one) => !document.getElementById(decodeURIComponent(one.getAttribute("href").slice(1)))).forEach((one) => fault("leads nowhere", one));
if (!document.documentElement.lang || !document.title) faults.push("no language or title");
if (/user-scalable=no|maximum-scale/.test(document.querySelector("meta[name=viewport]").content)) faults.push("cannot be enlarged");
// 1.4.3: text stands out.
const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => parts(colour).slice(0, 3).map((part) => part / 255)
  .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const below = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if ((parts(colour)[3] ?? 1) > 0) return colour;
  }
  return "rgb(255, 255, 255)";
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !element.getClientRects().length || element.closest("script, .unseen")) continue;
  const style = getComputedStyle(element);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  const colour = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
  if (contrast(colour, below(element)) < (large ? 3 : 4.5)) fault(`contrast of ${contrast(colour, below(element)).toFixed(2)}`, element);
  seen += 1;
}
if (seen < 50) faults.push(`only ${seen} texts to be seen`);
return faults;
