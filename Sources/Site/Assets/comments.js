// Comments on an article: read page by page, written with a preview.
"use strict";
(() => {
  const place = document.querySelector("[data-comments]");
  if (!place) return;
  // Below the article, not before its claims.
  (document.querySelector(".back") ?? document.querySelector("main")).append(place);
  const {say, get, post, make, fail} = Danlu;
  const article = place.dataset.comments, size = 50;
  const list = make("div", {className: "comments"}), pages = make("div", {className: "buttons"});
  let offset = 0, parent = null, previews = 0;

  const input = (name, type, maxLength, isRequired, label) => {
    const control = type === "textarea" ? make("textarea", {className: "prose"}) : make("input", {type});
    Object.assign(control, {name, maxLength, required: isRequired, id: `comment-${name}`});
    return make("div", {className: "field"}, make("label", {htmlFor: control.id}, label), control);
  };
  const text = input("text", "textarea", 5000, true, say("评论（Markdown，公式用 $…$）", "Comment (Markdown, formulas in $…$)"));
  const preview = make("div", {className: "preview", "aria-live": "polite"});
  const answering = make("p", {className: "status", hidden: true});
  const received = make("p", {className: "status", role: "status", hidden: true}, say("已收到，审核后显示", "Received; it is shown once it is approved"));
  const form = make("form", {className: "panel"}, make("h3", {}, say("写评论", "Write a comment")), answering,
    make("div", {className: "fields"}, input("nickname", "text", 40, true, say("昵称", "Nickname")),
      input("email", "email", 160, true, say("邮箱（不显示）", "E-mail (never shown)")),
      input("home", "url", 210, false, say("主页（可不填）", "Home page (optional)"))),
    text, preview, make("div", {className: "buttons"}, make("button", {className: "button primary"}, say("发表", "Send"))), received);

  function shown(comment) {
    const node = make("article", {className: "comment", id: `floor-${comment.floor}`});
    node.style.marginInlineStart = `${Math.min(comment.level - 1, 9) * 18}px`;
    if (comment.isDeleted) {
      node.append(make("p", {className: "status"}, `#${comment.floor} ${say("已删除", "deleted")}`));
      return node;
    }
    const name = comment.home ? make("a", {href: comment.home, rel: "nofollow ugc noreferrer"}, comment.nickname) : comment.nickname;
    const answer = make("button", {type: "button", className: "link"}, say("回复", "Reply"));
    answer.addEventListener("click", () => {
      parent = comment.id;
      answering.hidden = false;
      answering.replaceChildren(say(`回复 #${comment.floor}　`, `Answer to #${comment.floor} `));
      const cancel = make("button", {type: "button", className: "link"}, say("取消", "cancel"));
      cancel.addEventListener("click", () => { parent = null; answering.hidden = true; });
      answering.append(cancel);
      form.elements.text.focus();
    });
    const body = make("div", {});
    // Made safe by the server, which renders pages and comments with the same code.
    body.innerHTML = comment.html;
    node.append(make("p", {className: "meta"}, make("strong", {}, name), make("a", {href: `#floor-${comment.floor}`}, `#${comment.floor}`),
      make("time", {dateTime: comment.created}, new Date(comment.created).toLocaleString()),
      ...(comment.quoted ? [make("a", {href: `#floor-${comment.quoted}`}, say(`回复 #${comment.quoted}`, `answers #${comment.quoted}`))] : []), answer), body);
    return node;
  }

  async function load() {
    const answer = await get(`api/v1/comments?article=${encodeURIComponent(article)}&offset=${offset}`);
    list.replaceChildren(...answer.comments.map(shown));
    pages.replaceChildren();
    for (let start = 0; answer.total > size && start < answer.total; start += size) {
      const button = make("button", {type: "button", className: "button", disabled: start === offset}, String(start / size + 1));
      button.addEventListener("click", () => { offset = start; load().catch(error => fail(place, error)); });
      pages.append(button);
    }
  }

  let timer = null;
  form.elements.text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const own = previews += 1;
      try {
        const {html} = await post("api/v1/preview", {text: form.elements.text.value});
        // An answer that was overtaken by a later one is old.
        if (own === previews) preview.innerHTML = html;
      } catch { /* The next key tries again. */ }
    }, 250);
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    fail(form, null);
    received.hidden = true;
    const value = name => form.elements[name].value.trim();
    try {
      const sent = await post("api/v1/comments", {article, nickname: value("nickname"), email: value("email"), text: form.elements.text.value,
        ...(value("home") ? {home: value("home")} : {}), ...(parent ? {parent} : {})});
      form.elements.text.value = "";
      previews += 1;
      preview.replaceChildren();
      parent = null;
      answering.hidden = true;
      received.hidden = sent.visibility !== "waiting";
      // The page of comments that it stands on.
      if (sent.visibility === "shown") offset = Math.floor(sent.offset / size) * size;
      await load();
      document.getElementById(`floor-${sent.floor}`)?.scrollIntoView({block: "center"});
    } catch (error) { fail(form, error); }
  });
  place.append(make("h2", {}, say("评论", "Comments")), list, pages, form);
  load().catch(error => fail(place, error));
})();
