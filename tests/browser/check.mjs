// Looks at a folder of documents and a page with a real browser; see README.md.
import { mkdirSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { documents } from './documents.mjs';
import { page } from './page.mjs';

const [folder, pictures] = process.argv.slice(2);
if (!folder || !pictures) {
  console.error('usage: npm run check -- FOLDER PICTURES');
  process.exit(2);
}
mkdirSync(pictures, { recursive: true });
const names = readdirSync(folder);
const faults = [];
const seen = { folder: resolve(folder), pictures: resolve(pictures), fault: (text) => faults.push(text) };
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
let looked = 0;
for (const name of names.filter((it) => it.endsWith('.md'))) looked += await documents(browser, name, seen);
for (const name of names.filter((it) => it.endsWith('.html'))) looked += await page(browser, name, seen);
await browser.close();
for (const fault of faults) console.error(`fault: ${fault}`);
console.log(`${looked} things looked at, ${faults.length} faults`);
process.exit(faults.length || !looked ? 1 : 0);
