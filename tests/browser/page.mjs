// The page: how it looks, and that its filters, keys and links do what they say.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { picture } from './documents.mjs';

const LOOKS = [
  ['light', 1440, 'light'],
  ['dark', 1440, 'dark'],
  ['narrow', 390, 'light'],
  ['narrow-dark', 390, 'dark'],
];

export async function page(browser, name, { folder, pictures, fault }) {
  const address = pathToFileURL(join(folder, name)).href;
  let looked = 0;
  const check = (good, what) => {
    looked += 1;
    if (!good) fault(`${name}: ${what}`);
  };
  const open = async (options) => {
    const tab = await browser.newPage(options);
    tab.on('console', (message) => fault(`${name}: console: ${message.text()}`));
    tab.on('pageerror', (error) => fault(`${name}: ${error.message}`));
    tab.on('request', (it) => it.url() !== address && fault(`${name}: asks for ${it.url()}`));
    await tab.goto(address);
    return tab;
  };

  for (const [look, width, colorScheme] of LOOKS) {
    const tab = await open({ viewport: { width, height: 900 }, colorScheme });
    await tab.screenshot({ path: join(pictures, `page-${look}.png`) });
    await tab.evaluate(() => document.querySelectorAll('details').forEach((it) => (it.open = true)));
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
    check(wide <= width, `${look}: ${wide} pixels wide in a window of ${width}`);
    for (const pale of await tab.evaluate(contrasts)) check(false, `${look}: hard to read: ${pale}`);
    await picture(tab, width, join(pictures, `page-${look}-whole.png`));
    await tab.close();
  }

  const tab = await open({ viewport: { width: 1440, height: 900 } });
  await links(tab, folder, check);
  await filters(tab, check);
  await keys(tab, check);
  await tab.evaluate(() => dispatchEvent(new Event('beforeprint')));
  check((await tab.locator('details:not([open])').count()) === 0, 'closed in print');
  await tab.evaluate(() => dispatchEvent(new Event('afterprint')));
  await tab.pdf({ path: join(pictures, 'page.pdf'), format: 'A4' });
  await tab.close();
  return looked;
}

// Texts that stand out from their ground by less than 4.5 to 1.
function contrasts() {
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const of = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * of(r) + 0.7152 * of(g) + 0.0722 * of(b);
  };
  const ground = (node) => {
    for (let it = node; it; it = it.parentElement) {
      const color = parts(getComputedStyle(it).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const pale = new Set();
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((it) => it.nodeType === 3 && it.textContent.trim());
    if (!own || node.closest('script, style, svg') || !node.getClientRects().length) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) pale.add(`${node.tagName}.${node.className} ${ratio.toFixed(1)}`);
  }
  return [...pale];
}

async function links(tab, folder, check) {
  const all = await tab.evaluate(() => [...document.querySelectorAll('a[href]')].map((it) => it.getAttribute('href')));
  for (const href of new Set(all)) {
    if (href.startsWith('#')) {
      check(await tab.evaluate((id) => Boolean(document.getElementById(id)), href.slice(1)), `no place ${href}`);
    } else {
      const file = fileURLToPath(new URL(href.split('#')[0], pathToFileURL(join(folder, 'x')).href));
      check(existsSync(file) || existsSync(dirname(file)), `${href} leads nowhere`);
    }
  }
  // A click on a status opens the evidence, and shows it.
  const status = tab.locator('.matrix td a').first();
  if (await status.count()) {
    const href = await status.getAttribute('href');
    await status.click();
    const claim = tab.locator(href);
    check(await claim.isVisible(), `a click on a status does not show ${href}`);
    check(await claim.evaluate((it) => it.getBoundingClientRect().top < innerHeight), `${href} is out of sight`);
  }
  // What is to be done first leads to its findings, and shows them.
  const action = tab.locator('#first li a').first();
  if (await action.count()) {
    const href = await action.getAttribute('href');
    await action.click();
    await tab.waitForTimeout(50);
    check(await tab.locator(href).isVisible(), `what to do first does not show ${href}`);
    check(await tab.locator(href).evaluate((it) => it.getBoundingClientRect().top < innerHeight), `${href} is out of sight`);
  }
  // An item of a checklist is two openings away, with its state in words.
  for (const list of await tab.locator('.checklist').all()) {
    await list.locator(':scope > summary').click();
    await list.locator(':scope > details > summary').first().click();
    const state = await list.locator('.items .mark').first().textContent();
    check(await list.locator('.items > li').first().isVisible(), 'an item of a checklist is not shown');
    check(/^(met|unmet|attested|open|not applicable)$/.test(state.trim()), `an item's state is ${state}`);
  }
  const box = tab.locator('.flow a').first();
  if (await box.count()) {
    const href = await box.getAttribute('href');
    await box.click();
    check((await tab.evaluate(() => location.hash)) === href, 'a box of the picture leads nowhere');
    check(await tab.locator(href).evaluate((it) => it.open), 'a box of the picture opens nothing');
  }
}

async function filters(tab, check) {
  const rows = () => tab.locator('.matrix tbody tr:visible').count();
  const everything = await rows();
  const first = await tab.locator('.matrix tbody th').first().textContent();
  await tab.fill('#find', first.trim());
  const named = await tab.locator('.matrix tbody tr:visible th').allTextContents();
  check(named.length > 0 && named.some((it) => it.trim() === first.trim()), 'find hides what it looks for');
  check(/^\d+ of \d+ services$/.test(await tab.textContent('#shown')), 'the number shown is not told');
  await tab.fill('#find', 'no-such-service-anywhere');
  check((await rows()) === 0, 'find shows what it does not look for');
  check((await tab.locator('#findings tbody tr:visible').count()) === 0, 'findings stay without their services');
  check((await tab.locator('#first li:visible').count()) === 0, 'what to do first stays without its services');
  await tab.click('button[type=reset]');
  await tab.waitForTimeout(50);
  check((await rows()) === everything, 'clear does not show everything');
  for (const word of ['missing', 'implemented']) {
    await tab.check(`[name=status][value=${word}]`);
    const bad = await tab.locator('.matrix tbody tr:visible').evaluateAll(
      (rows, word) => rows.filter((row) => {
        const of = [...document.querySelectorAll('details.service')].find((it) => it.dataset.service === row.dataset.service);
        return !of.dataset.claims.split(' ').some((claim) => claim.endsWith(`=${word}`));
      }).length, word);
    check(bad === 0, `${word} shows services that have none`);
    await tab.uncheck(`[name=status][value=${word}]`);
  }
  await tab.selectOption('#control', { index: 1 });
  const columns = await tab.locator('.matrix').first().locator('thead th:visible').count();
  check(columns === 2, `one control chosen, ${columns - 1} shown`);
  await tab.selectOption('#control', '');
}

async function keys(tab, check) {
  await tab.evaluate(() => document.activeElement.blur());
  await tab.keyboard.press('/');
  check((await tab.evaluate(() => document.activeElement.id)) === 'find', '/ does not lead to the search');
  await tab.keyboard.type('zzzz');
  check((await tab.locator('.matrix tbody tr:visible').count()) === 0, 'typing does not filter');
  await tab.keyboard.press('Escape');
  await tab.waitForTimeout(50);
  check((await tab.inputValue('#find')) === '', 'Escape does not clear');
  await tab.locator('.matrix tbody th a').first().focus();
  await tab.keyboard.press('ArrowDown');
  const second = await tab.locator('.matrix').first().locator('tbody th a').nth(1).getAttribute('href');
  check((await tab.evaluate(() => document.activeElement.getAttribute('href'))) === second, 'arrow keys do not move');
  await tab.keyboard.press('Enter');
  // The way to an anchor is told to the page in its own time.
  await tab.waitForTimeout(50);
  check(await tab.locator(second).evaluate((it) => it.open), 'Enter does not open the evidence');
  await tab.keyboard.press('Tab');
  check(await tab.evaluate(() => document.activeElement !== document.body), 'Tab leads nowhere');
}
