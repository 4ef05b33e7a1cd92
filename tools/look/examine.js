async (wide, palette) => {
  // What is wrong with the page as it is shown now: a list of lines, empty for a good page.
  // `wide` says whether code must be seen without scrolling, too; `palette` is what must be seen.
  const faults = [];
  const report = (what, element, more = "") => {
    const words = (element?.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
    const name = element ? element.tagName.toLowerCase() + (element.className && typeof
      element.className === "string" ? "." + element.className.split(/\s+/).join(".") : "") : "";
    faults.push([what, name && `<${name}>`, words && JSON.stringify(words), more]
      .filter(Boolean).join(" "));
  };
  const isShown = (element) => element.checkVisibility({
    opacityProperty: true, visibilityProperty: true,
  });
  const main = document.querySelector("#furo-main-content") ?? document.body;
  const width = document.documentElement.clientWidth;

  // Nothing is beyond the window, and nothing is hidden by its own box.
  if (document.documentElement.scrollWidth > width) {
    const pixels = document.documentElement.scrollWidth;
    faults.push(`the page is ${pixels} pixels wide in a window of ${width}`);
  }
  const scrolls = (style) => style.overflowX === "auto" || style.overflowX === "scroll";
  for (const element of main.querySelectorAll("*")) {
    if (!isShown(element)) continue;
    const style = getComputedStyle(element);
    const hides = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
    if (hides && scrolls(style)) {
      const holdsCode = element.tagName === "PRE" || element.querySelector(":scope > pre");
      if (wide || !holdsCode) {
        report("scrolls sideways:", element, `${element.scrollWidth} > ${element.clientWidth}`);
      }
    } else if (hides && (style.overflowX === "hidden" || style.overflowX === "clip")) {
      report("is cut:", element, `${element.scrollWidth} > ${element.clientWidth}`);
    }
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.right > width + 1 || box.left < -1)) {
      let within = element.parentElement;
      while (within && !scrolls(getComputedStyle(within))) within = within.parentElement;
      const parent = element.parentElement.getBoundingClientRect();
      const isFirst = parent.right <= width + 1 && parent.left >= -1;
      if (!within && isFirst) report("sticks out of the window:", element);
    }
  }

  // Pictures are there, and say in words what they show.
  for (const image of main.querySelectorAll("img")) {
    if (!isShown(image)) continue;
    await image.decode().catch(() => {});
    if (!image.naturalWidth) report(`is not loaded: ${image.getAttribute("src")}`);
    if (!image.alt) report(`has no words: ${image.getAttribute("src")}`);
    const drawn = /\.(light|dark)\.svg$/.exec(image.src);
    if (drawn && drawn[1] !== palette) report(`is drawn for ${drawn[1]} paper: ${image.alt}`);
    if (image.alt.includes("`")) report(`has a raw backtick: ${image.alt}`);
  }
  if (document.title.includes("`")) faults.push("the title has a raw backtick");
  for (const title of document.querySelectorAll("h1, h2, h3, h4, .toc-tree a, .sidebar-tree a")) {
    if (title.textContent.includes("`")) report("has a raw backtick:", title);
  }
  for (const block of main.querySelectorAll("div.highlight")) {
    if (isShown(block) && !block.querySelector("button.copy")) report("lacks a button:", block);
  }
  if (main.querySelector(".highlight-mermaid")) faults.push("a chart is not drawn");

  // Words stand out from what is behind them, as WCAG 2.2 asks at level AA.
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parsed = new Map();
  const parse = (colour) => {
    if (!parsed.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      parsed.set(colour, [r, g, b, a / 255]);
    }
    return parsed.get(colour);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const paper = (element) => {
    const colour = parse(getComputedStyle(element).backgroundColor);
    if (colour[3] === 1) return colour;
    return over(colour, element.parentElement ? paper(element.parentElement) : [255, 255, 255]);
  };
  const luminance = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const part = colour[i] / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  if ((luminance(paper(main)) < 0.2) !== (palette === "dark")) {
    faults.push(`the page is not ${palette}`);
  }
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || seen.has(element) || !isShown(element)) continue;
    seen.add(element);
    if (["SCRIPT", "STYLE", "NOSCRIPT", "TITLE"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const behind = paper(element);
    const two = [luminance(over(parse(style.color), behind)), luminance(behind)];
    const ratio = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      report("is hard to read:", element, `contrast ${ratio.toFixed(2)}`);
    }
  }
  return [...new Set(faults)];
}
