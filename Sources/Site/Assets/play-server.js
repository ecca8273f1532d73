// Playgrounds that ask the server: each is one call of its API.
"use strict";
(() => {
  const {say, address, get, post, make, fail} = Danlu;
  const {number, field, select, slider, sliders, caller, table, grounds} = Play;

  // MARK: Text

  const texts = [
    [say("诗", "Verses"), "月满西楼人独倚，独倚西楼望月圆。天上月圆人间人半，人半月圆天上人间。西楼望月几回圆，月满西楼几回看。"],
    [say("电网", "Power grid"), "变压器接入电网后，电网公司检查变压器的油温。油温过高时变压器保护动作，电网公司派人更换变压器。新变压器投运后电网恢复供电，电网公司记录变压器油温。"],
  ];

  grounds.words = panel => {
    const text = make("textarea", {className: "prose", value: texts[1][1], maxLength: 100000, required: true});
    const method = select(["autonomy", "v5", "v4", "v3", "v2", "v1", "v0"].map(one => [one]));
    caller(panel, {
      path: "api/v1/words", inputs: [field(say("文本", "Text"), text), field(say("方法", "Method"), method)],
      body: () => ({text: text.value, method: method.value, count: 100}),
      examples: texts.map(([name, value]) => [name, () => { text.value = value; }]),
      show: async (answer, place) => {
        const words = answer.words.filter(one => one.count > 1);
        const cut = await post("api/v1/segment", {text: text.value, ...(answer.words.length ? {words: answer.words.map(one => one.word)} : {})});
        place.append(make("h3", {}, say("切开的文本", "The text, cut")),
          ...cut.lines.map(line => make("p", {className: "words"}, ...line.map(word => make("span", {}, word)))),
          make("h3", {}, say(`找到 ${answer.found} 个词`, `${answer.found} words found`)),
          table([say("词", "Word"), say("次数", "Count"), say("得分", "Score")],
            (words.length ? words : answer.words).map(one => [one.word, one.count, number(one.score)])));
      },
    });
  };

  grounds.similar = panel => {
    const word = make("input", {type: "text", value: say("天空", "sky"), maxLength: 100, required: true});
    caller(panel, {
      path: "api/v1/similar", inputs: [field(say("词", "Word"), word)],
      body: () => ({word: word.value, count: 20}),
      show: (answer, place) => place.append(table([say("词", "Word"), say("余弦", "Cosine"), ""],
        answer.neighbors.map(one => {
          const again = make("button", {type: "button", className: "link"}, one.word);
          again.addEventListener("click", () => { word.value = one.word; panel.querySelector("form").requestSubmit(); });
          return [again, number(one.similarity), make("meter", {min: 0, max: 1, value: Math.max(0, one.similarity)})];
        }))),
    });
  };

  grounds.communities = panel => {
    const triangles = Array.from({length: 9}, (_, k) => 3 * k + 1)
      .map(a => `${a} ${a + 1}\n${a} ${a + 2}\n${a + 1} ${a + 2}\n`).join("")
      + "2 4\n3 7\n6 8\n11 13\n12 16\n15 17\n20 22\n21 25\n24 26\n5 10 0.8\n9 19 0.8\n18 23 0.8\n";
    const friends = say(
      "刘备 关羽 5\n刘备 张飞 5\n关羽 张飞 4\n刘备 诸葛亮 4\n诸葛亮 赵云 2\n刘备 赵云 3\n曹操 荀彧 4\n曹操 郭嘉 4\n荀彧 郭嘉 3\n曹操 夏侯惇 4\n孙权 周瑜 4\n孙权 鲁肃 4\n周瑜 鲁肃 4\n孙权 陆逊 3\n诸葛亮 鲁肃 1\n曹操 刘备 1\n",
      "Ann Ben 5\nAnn Cleo 4\nBen Cleo 4\nDan Eve 5\nDan Finn 4\nEve Finn 4\nCleo Dan 1\nGus Hal 3\nHal Ida 3\nGus Ida 3\nIda Ann 1\n");
    const links = make("textarea", {value: friends, required: true});
    const directed = make("input", {type: "checkbox"});
    const trials = make("input", {type: "number", min: 1, max: 20, value: 3});
    caller(panel, {
      path: "api/v1/communities",
      inputs: [field(say("连边：起点 终点 [权重]", "Links: source target [weight]"), links),
        make("div", {className: "fields"}, field(say("有向", "Directed"), directed), field(say("搜索次数", "Searches"), trials))],
      body: () => ({links: links.value, directed: directed.checked, trials: Number(trials.value), map: true}),
      examples: [[say("人物", "People"), () => { links.value = friends; }], [say("三角形的三角形", "Triangles of triangles"), () => { links.value = triangles; }]],
      show: (answer, place) => place.append(
        make("p", {}, say(
          `${answer.nodes} 个节点，${answer.links} 条边；每步 ${number(answer.codelength)} 比特，不分模块时 ${number(answer.oneLevelCodelength)} 比特。`,
          `${answer.nodes} nodes, ${answer.links} links; ${number(answer.codelength)} bits a step, ${number(answer.oneLevelCodelength)} without modules.`)),
        ...(answer.map ? [make("iframe", {className: "map", src: address(answer.map), title: say("模块地图", "Map of the modules"), sandbox: "allow-scripts"})] : []),
        make("details", {}, make("summary", {}, say("全部节点", "All nodes")),
          table([say("模块", "Module"), say("节点", "Node"), say("流量", "Flow")],
            answer.tree.slice(0, 500).map(one => [one.path.slice(0, -1).join("."), one.name, number(one.flow)])))),
    });
  };

  // MARK: Models

  grounds.ask = panel => {
    const passages = make("textarea", {className: "prose", value: "1999年，长中通食品公司开业。长中通食品公司由徐志娜创办，设在安文溪市。\n海华通食品公司由张波伟创办。"});
    const question = make("input", {type: "text", value: "长中通食品公司是谁创办的？", maxLength: 200, required: true});
    caller(panel, {
      path: "api/v1/ask", label: say("提问", "Ask"),
      inputs: [field(say("材料，一行一段", "Passages, one a line"), passages, say("留空则读运行自带的材料", "Empty: those that the run has kept")),
        field(say("问题", "Question"), question)],
      body: () => {
        const lines = passages.value.split("\n").map(line => line.trim()).filter(Boolean);
        return {question: question.value, ...(lines.length ? {passages: lines} : {}), stream: true};
      },
      grow: (piece, place) => place.replaceChildren(make("p", {}, make("strong", {}, piece.text), " …")),
      show: (answer, place) => {
        place.append(make("p", {}, make("strong", {}, answer.answer ?? say("材料没有说", "The passages do not tell")),
          ` · ${number(answer.score)} · ${answer.model}`));
        place.append(table([say("票", "Vote"), say("材料", "Passage")], answer.votes.map(vote => {
          const letters = [...vote.passage];
          const text = make("span", {});
          if (vote.start === null) text.append(vote.passage);
          else text.append(letters.slice(0, vote.start).join(""), make("mark", {}, letters.slice(vote.start, vote.end).join("")), letters.slice(vote.end).join(""));
          return [number(vote.vote), text];
        })));
      },
    });
  };

  grounds.sql = panel => {
    const data = make("textarea", {required: true,
      value: "城市,人口（万）,省份\n甲城,620,东省\n乙城,310,东省\n丙城,880,西省\n丁城,95,西省\n"});
    const file = make("input", {type: "file", accept: ".csv,.tsv,text/csv"});
    file.addEventListener("change", async () => {
      const chosen = file.files[0];
      if (!chosen) return;
      if (chosen.size > 1e6) return fail(panel, new Error(say("文件至多 1 MB", "a file of at most 1 MB is taken")));
      const bytes = await chosen.arrayBuffer();
      try { data.value = new TextDecoder("utf-8", {fatal: true}).decode(bytes); } catch { data.value = new TextDecoder("gb18030").decode(bytes); }
      data.dispatchEvent(new Event("input", {bubbles: true}));
    });
    const question = make("input", {type: "text", value: "人口超过五百万的城市有哪些", maxLength: 200, required: true});
    caller(panel, {
      path: "api/v1/sql", label: say("提问", "Ask"),
      inputs: [field(say("表格（CSV）", "Table (CSV)"), data), field(say("或选一个文件", "Or a file"), file), field(say("问题", "Question"), question)],
      body: () => ({question: question.value, table: data.value}),
      examples: ["东省有几个城市", "人口最多的城市是哪个"].map(text => [text, () => { question.value = text; }]),
      show: (answer, place) => {
        place.append(make("pre", {}, answer.sql + (answer.values.length ? `\n-- ${answer.values.join(", ")}` : "")));
        place.append(make("ul", {}, ...answer.parts.map(part => make("li", {}, make("code", {}, part.sql), " ← ", part.words.join(" ") || say("整个问题", "the question as a whole")))));
        place.append(table(answer.columns, answer.rows));
        for (const note of answer.notes) place.append(make("p", {className: "note"}, note));
      },
    });
  };

  // Texts that grow piece by piece.
  const growing = (piece, place) => {
    while (place.children.length <= piece.index) place.append(make("blockquote", {}));
    place.children[piece.index].append(piece.text);
  };

  grounds.generate = async panel => {
    const {models} = await get("api/v1/models");
    const of = kind => models.filter(one => one.kind === kind);
    const able = of("images"), writers = of("writer"), captioners = of("captioner");
    if (!able.length && !writers.length && !captioners.length) {
      panel.append(make("p", {}, say("还没有训练好的生成模型：先", "No trained generator is there yet: "),
        make("a", {href: address(say("runs/?recipe=o-gan", "en/runs/?recipe=o-gan"))}, say("运行一个配方", "run a recipe")), say("。", " first.")));
      return;
    }
    if (able.length) {
      const model = select(able.map(one => [one.name]));
      const first = slider(say("种子一", "First seed"), 0, 99, 1, 1), second = slider(say("种子二", "Second seed"), 0, 99, 1, 2);
      const share = slider(say("从一到二", "From one to two"), 0, 1, 0.01, 0);
      const latent = Array.from({length: 6}, (_, index) => slider(`z${index + 1}`, -3, 3, 0.1, 0));
      const uses = make("input", {type: "checkbox"});
      const image = make("img", {alt: say("生成的图像", "Generated images")});
      let mode = "one", isBusy = false, isStale = false;
      const body = () => ({model: model.value, seed: first.value,
        ...(mode === "grid" ? {count: 32} : mode === "path" ? {count: 8, to: second.value} : {to: second.value, share: share.value}),
        ...(uses.checked && mode === "one" ? {noise: latent.map(one => one.value)} : {})});
      const {form} = caller(panel, {
        path: "api/v1/generate", label: say("一张", "One image"), body,
        inputs: [field(say("模型", "Model"), model), sliders(first, second, share),
          field(say("直接拨动前六个隐变量", "Turn the first six latent numbers"), uses), sliders(...latent)],
        examples: [[say("采样一页", "A sheet of samples"), () => { mode = "grid"; }], [say("插值", "Interpolate"), () => { mode = "path"; }]],
        show: (answer, place) => { image.src = answer.image; place.append(make("div", {className: "samples"}, make("figure", {}, image, make("figcaption", {}, answer.model)))); isBusy = false; if (isStale) { isStale = false; form.requestSubmit(); } },
      });
      // The picture follows the sliders, one call at a time.
      form.addEventListener("input", () => {
        mode = "one";
        if (isBusy) { isStale = true; return; }
        isBusy = true;
        form.requestSubmit();
        setTimeout(() => { isBusy = false; }, 3000);
      });
      form.querySelector(".primary").addEventListener("click", () => { mode = "one"; });
    }
    if (writers.length) {
      const place = make("section", {}, make("h3", {}, say("按标签写", "Texts of a label")));
      panel.append(place);
      const model = select(writers.map(one => [one.name]));
      const label = make("input", {type: "text", value: writers[0].labels?.[0] ?? "", required: true});
      const seed = slider(say("种子", "Seed"), 0, 99, 1, 0), heat = slider(say("温度", "Temperature"), 0.2, 2, 0.1, 1);
      caller(place, {
        path: "api/v1/generate", label: say("写", "Write"), inputs: [field(say("模型", "Model"), model),
          field(say("标签", "Label"), label, writers[0].labels?.join("、")), sliders(seed, heat)],
        body: () => ({model: model.value, condition: label.value, seed: seed.value, temperature: heat.value, count: 2, stream: true}),
        grow: growing,
        show: (answer, out) => out.append(...answer.texts.map(text => make("blockquote", {}, text))),
      });
    }
    if (captioners.length) {
      const place = make("section", {}, make("h3", {}, say("看图写字", "Captions of a picture")));
      panel.append(place);
      const model = select(captioners.map(one => [one.name]));
      const file = make("input", {type: "file", accept: "image/*", required: true});
      const seed = slider(say("种子", "Seed"), 0, 99, 1, 0);
      const shown = make("img", {alt: say("所选的图片", "The chosen picture"), hidden: true});
      let picture = "";
      file.addEventListener("change", async () => {
        if (!file.files[0]) return;
        try {
          // Whatever the browser can show, small and as PNG: the model looks at few pixels.
          const image = await createImageBitmap(file.files[0]), most = Math.max(image.width, image.height);
          const scale = Math.min(1, 256 / most), canvas = make("canvas", {});
          canvas.width = Math.max(1, Math.round(image.width * scale));
          canvas.height = Math.max(1, Math.round(image.height * scale));
          canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
          picture = canvas.toDataURL("image/png");
          Object.assign(shown, {src: picture, hidden: false});
          fail(place, null);
        } catch { fail(place, new Error(say("这个文件不是图片", "this file is no picture"))); }
        refresh();
      });
      const {refresh} = caller(place, {
        path: "api/v1/generate", label: say("写", "Write"),
        inputs: [field(say("模型", "Model"), model), field(say("图片", "Picture"), file), shown, sliders(seed)],
        body: () => ({model: model.value, picture, seed: seed.value, count: 2, stream: true}),
        grow: growing,
        show: (answer, out) => out.append(...answer.texts.map(text => make("blockquote", {}, text))),
      });
    }
  };
})();
