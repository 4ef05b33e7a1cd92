() => {
  // The words of this SVG document that leave its picture, by more than a rounding.
  const root = document.documentElement;
  const paper = root.viewBox.baseVal;
  return [...root.querySelectorAll("text")].filter((text) => {
    const box = text.getBBox();
    return box.x < paper.x - 1 || box.x + box.width > paper.x + paper.width + 1 ||
      box.y < paper.y - 1 || box.y + box.height > paper.y + paper.height + 1;
  }).map((text) => `words leave the picture: ${JSON.stringify(text.textContent)}`);
}
