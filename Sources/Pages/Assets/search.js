// Searches an export in the browser: the same terms, the same BM25 and the same order as Danlu's server
// (SearchTerms, SearchIndex, SearchExcerpt), over the files that SearchFiles wrote.
(() => {
  const found = document.getElementById("found");
  const language = found && found.dataset.language;
  if (!language) return;
  const root = document.documentElement.dataset.root;
  const base = `${root}assets/search/${language}/`;
  const isChinese = language === "zh";
  const fetched = new Map();
  const load = name => {
    if (!fetched.has(name)) fetched.set(name, fetch(base + name).then(answer => {
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      return answer.json();
    }));
    return fetched.get(name);
  };

  const isIdeograph = c => (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x3040 && c <= 0x30FF)
    || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
  const isWordCharacter = c => (c >= 0x61 && c <= 0x7A) || (c >= 0x30 && c <= 0x39)
    || (c >= 0xC0 && c <= 0x24F) || (c >= 0x370 && c <= 0x4FF);
  const lowered = text => Array.from(text, character => {
    const c = character.codePointAt(0);
    return c >= 0x41 && c <= 0x5A ? c + 32 : c;
  });
  const joined = scalars => scalars.filter(c => isIdeograph(c) || isWordCharacter(c));
  const spell = scalars => String.fromCodePoint(...scalars);

  // Calls body(term, start, end) for each term.
  function forEachTerm(text, words, body) {
    let place = 0;
    while (place < text.length) {
      const start = place;
      if (isIdeograph(text[place])) {
        while (place < text.length && isIdeograph(text[place])) place++;
        if (place - start === 1) { body(spell(text.slice(start, place)), start, place); continue; }
        for (let at = start; at < place - 1; at++) {
          body(spell(text.slice(at, at + 2)), at, at + 2);
          for (let end = at + 3; end <= Math.min(place, at + 6); end++) {
            const word = spell(text.slice(at, end));
            if (words.has(word)) body(word, at, end);
          }
        }
      } else if (isWordCharacter(text[place])) {
        while (place < text.length && isWordCharacter(text[place])) place++;
        body(spell(text.slice(start, place)), start, place);
      } else {
        place++;
      }
    }
  }

  function shardOf(term, count) {
    let hash = 0x811c9dc5;
    for (let index = 0; index < term.length; index++)
      hash = Math.imul(hash ^ term.charCodeAt(index), 0x01000193) >>> 0;
    return ((hash ^ (hash >>> 15)) >>> 0) % count;
  }

  function postings(text) {
    const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
    let place = 0;
    const next = () => {
      let value = 0, shift = 0;
      for (;;) {
        const byte = bytes[place++];
        value |= (byte & 0x7F) << shift;
        if (byte < 0x80) return value;
        shift += 7;
      }
    };
    const list = [];
    let number = 0;
    while (place < bytes.length) {
      const code = next();
      number += code >> 1;
      list.push([number, code & 1 ? next() : 1]);
    }
    return list;
  }

  const isBefore = (a, b) => Math.abs(a.score - b.score) > 1e-9
    ? b.score - a.score : a.number - b.number;

  function contains(text, pattern) {
    return spellLong(text).includes(spellLong(pattern));
  }
  // In pieces: a long text has more scalars than a call may have arguments.
  function spellLong(scalars) {
    let text = "";
    for (let start = 0; start < scalars.length; start += 4096)
      text += String.fromCodePoint(...scalars.slice(start, start + 4096));
    return text;
  }

  async function search(query) {
    const index = await load("index.json");
    const words = new Set(index.words);
    const scalars = lowered(Array.from(query).slice(0, 400).join(""));
    const terms = new Set();
    forEachTerm(scalars, words, term => terms.add(term));
    const documents = index.documents;
    const mean = Math.max(1,
      documents.reduce((sum, one) => sum + one[2], 0) / Math.max(1, documents.length));
    const scores = new Float64Array(documents.length);
    const shards = await Promise.all([...terms].map(term => {
      const number = shardOf(term, index.shards);
      return load(`${number < 10 ? "0" : ""}${number}.json`);
    }));
    [...terms].forEach((term, place) => {
      const packed = Object.hasOwn(shards[place], term) ? shards[place][term] : null;
      if (!packed) return;
      const list = postings(packed);
      const idf = Math.log(1 + (documents.length - list.length + 0.5) / (list.length + 0.5));
      for (const [number, count] of list) {
        const norm = 1.2 * (0.25 + 0.75 * documents[number][2] / mean);
        scores[number] += idf * count * 2.2 / (count + norm);
      }
    });
    let ranked = [...scores.keys()].filter(number => scores[number] > 0)
      .map(number => ({number, score: scores[number]})).sort(isBefore).slice(0, 20);
    const best = ranked.length ? ranked[0].score : 0;
    const sentence = joined(scalars);
    await Promise.all(ranked.map(async hit => {
      hit.passages = await load(`text/${documents[hit.number][0]}.json`);
      if (sentence.length >= 4
        && hit.passages.some(([, text]) => contains(joined(lowered(text)), sentence))) hit.score += best;
    }));
    ranked.sort(isBefore);
    return ranked.map(hit => ({
      name: documents[hit.number][0], title: documents[hit.number][1], score: hit.score,
      ...excerpt(hit.passages, terms, words),
    }));
  }

  // The part of a page with most different terms, in pieces: [text, isHit].
  function excerpt(passages, terms, words) {
    const width = 120;
    let best = {score: -1};
    passages.forEach(([, text], passage) => {
      const hits = [];
      forEachTerm(lowered(text), words, (term, start, end) => {
        if (terms.has(term)) hits.push({term, start, end});
      });
      const counts = new Map();
      let first = 0;
      hits.forEach((hit, last) => {
        counts.set(hit.term, (counts.get(hit.term) ?? 0) + 1);
        while (hit.end - hits[first].start > width) {
          const count = counts.get(hits[first].term);
          if (count > 1) counts.set(hits[first].term, count - 1); else counts.delete(hits[first].term);
          first++;
        }
        if (counts.size > best.score)
          best = {score: counts.size, passage, start: hits[first].start, end: hits[last].end};
      });
    });
    if (best.score < 0) return {anchor: "", pieces: []};
    const [anchor, text] = passages[best.passage];
    const characters = Array.from(text);
    const margin = Math.max(16, Math.floor((width - (best.end - best.start)) / 2));
    const start = Math.max(0, best.start - margin), end = Math.min(characters.length, best.end + margin);
    const isHit = new Array(characters.length).fill(false);
    forEachTerm(lowered(text), words, (term, from, to) => {
      if (terms.has(term)) isHit.fill(true, from, to);
    });
    const pieces = start > 0 ? [["…", false]] : [];
    for (let place = start; place < end;) {
      let stop = place;
      while (stop < end && isHit[stop] === isHit[place]) stop++;
      pieces.push([characters.slice(place, stop).join("").replaceAll("\n", " "), isHit[place]]);
      place = stop;
    }
    if (end < characters.length) pieces.push(["…", false]);
    return {anchor, pieces};
  }

  function show(query, hits) {
    if (!hits.length) {
      const line = document.createElement("p");
      line.textContent = isChinese ? "没有找到。" : "Nothing was found.";
      found.replaceChildren(line);
      return;
    }
    const list = document.createElement("ol");
    list.className = "hits";
    for (const hit of hits) {
      const item = document.createElement("li"), head = document.createElement("h2");
      const link = document.createElement("a"), text = document.createElement("p");
      link.href = `${root}${isChinese ? "" : "en/"}article/${hit.name}/`
        + (hit.anchor ? `#${hit.anchor}` : "");
      link.textContent = hit.title;
      head.append(link);
      for (const [piece, isHit] of hit.pieces) {
        if (!isHit) { text.append(piece); continue; }
        const mark = document.createElement("mark");
        mark.textContent = piece;
        text.append(mark);
      }
      item.append(head, text);
      list.append(item);
    }
    found.replaceChildren(list);
  }

  const query = new URLSearchParams(location.search).get("q") ?? "";
  document.querySelector(".search-form input").value = query;
  if (query.trim()) search(query).then(hits => show(query, hits), error => {
    found.textContent = (isChinese ? "搜索失败：" : "The search failed: ") + error.message;
  });
})();
