// Files that somebody has chosen or dropped, folders with everything in them.

const BATCH = /\.(json|jsonl|ndjson|ya?ml|csv|tsv|xlsx|zip)$/i;
const MARKDOWN = /\.(md|markdown)$/i;
const RUBBISH = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i;
export const MOST_FILES = 1000; // more in one request are refused by the service

/** A file and where it lies, seen from what was chosen: `data/attachments/plan.png`. */
const entry = (file, path) => ({ file, path: path || file.webkitRelativePath || file.name });

/** The files of an `<input type="file">`, with or without `webkitdirectory`. */
export const chosenFiles = (input) => [...input.files].map((file) => entry(file)).filter(({ path }) => !RUBBISH.test(path));

/** The files of a drop; folders are walked through. */
export async function droppedFiles(transfer) {
  // Asked for at once: the browser forgets the drop when this function first waits.
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!roots.length) return [...transfer.files].map((file) => entry(file));
  const found = [];
  const waiting = roots;
  while (waiting.length && found.length <= MOST_FILES) {
    const next = waiting.shift();
    const path = next.fullPath.replace(/^\//, "");
    if (RUBBISH.test(path)) continue;
    if (next.isDirectory) waiting.push(...(await readFolder(next)));
    else found.push(entry(await new Promise((resolve, reject) => next.file(resolve, reject)), path));
  }
  return found;
}

async function readFolder(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return entries;
    entries.push(...part);
  }
}

const depth = (path) => path.split("/").length;

/**
 * Which of the files may be the batch file: those of a known format that lie highest. A folder of Markdown files is a
 * batch by itself; then there is none.
 */
export function batchCandidates(entries) {
  const known = entries.filter(({ path }) => BATCH.test(path));
  const highest = Math.min(...known.map(({ path }) => depth(path)));
  return known.filter(({ path }) => depth(path) === highest);
}

export const isMarkdown = ({ path }) => MARKDOWN.test(path);
