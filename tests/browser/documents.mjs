// A Markdown document: its diagrams by Mermaid, its form by GitHub's style, its links.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { marked } from 'marked';

const require = createRequire(import.meta.url);
const MERMAID = join(dirname(require.resolve('mermaid/package.json')), 'dist/mermaid.min.js');
const STYLE = readFileSync(require.resolve('github-markdown-css/github-markdown-light.css'), 'utf8');

// The first screens of a long page: a browser does not paint a picture of any height.
export async function picture(page, width, path) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(height, 5000) });
  await page.screenshot({ path });
}

// The anchors that code hosts give to headings.
const anchor = (text) => text.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

export async function documents(browser, name, { folder, pictures, fault }) {
  const text = readFileSync(join(folder, name), 'utf8');
  let looked = 0;
  const page = await browser.newPage();
  await page.setContent(`<style>${STYLE}body{margin:0;padding:16px;box-sizing:border-box}</style>
    <article class="markdown-body">${marked.parse(text, { gfm: true })}</article>`);

  const { headings, links } = await page.evaluate(() => ({
    headings: [...document.querySelectorAll('h1,h2,h3,h4')].map((it) => it.textContent),
    links: [...document.querySelectorAll('a[href]')].map((it) => it.getAttribute('href')),
  }));
  const anchors = new Set(headings.map(anchor));
  for (const href of links) {
    looked += 1;
    const [path, at] = href.split('#');
    if (/^https?:/.test(path)) continue;
    if (!path) {
      if (!anchors.has(decodeURIComponent(at))) fault(`${name}: no heading ${href}`);
      continue;
    }
    const file = join(folder, decodeURIComponent(path));
    if (!existsSync(file)) {
      fault(`${name}: ${href} leads nowhere`);
    } else if (/^L\d+$/.test(at || '')) {
      const lines = readFileSync(file, 'utf8').split('\n').length;
      if (Number(at.slice(1)) > lines) fault(`${name}: ${href} is past the end`);
    } else if (at) {
      const there = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map((it) => anchor(it[1]));
      if (!there.includes(decodeURIComponent(at))) fault(`${name}: ${href} has no such heading`);
    }
  }

  // Without the styles of diagrams on the page, which would be measured as well.
  for (const width of [390, 1440]) {
    looked += 1;
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) fault(`${name}: ${wide} pixels wide in a window of ${width}`);
    await picture(page, width, join(pictures, `${name}-${width}.png`));
  }

  await page.addScriptTag({ path: MERMAID });
  for (const [, diagram] of text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)) {
    looked += 1;
    const wrong = await page.evaluate(async (diagram) => {
      try {
        globalThis.mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });
        await globalThis.mermaid.parse(diagram);
        const { svg } = await globalThis.mermaid.render(`d${Math.random().toString(36).slice(2)}`, diagram);
        return svg.includes('<svg') ? '' : 'nothing was drawn';
      } catch (error) {
        return String(error);
      }
    }, diagram);
    if (wrong) fault(`${name}: ${wrong}\n${diagram}`);
  }
  await page.close();
  return looked;
}
