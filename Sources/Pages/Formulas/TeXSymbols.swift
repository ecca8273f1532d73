/// The commands that stand for one character, by how TeX spaces them, and those that are a name.
enum TeXSymbols {
  /// How a symbol is spaced and whether it grows.
  enum Kind: Sendable {
    case identifier, binary, relation, arrow, punctuation, open, close, largeOperator, integral,
      plain
  }

  struct Symbol: Sendable {
    let text: String
    let kind: Kind
  }

  static let byName: [String: Symbol] = {
    var table: [String: Symbol] = [:]
    for (kind, list) in lists {
      let parts = list.split(whereSeparator: \.isWhitespace)
      for index in stride(from: 0, to: parts.count - 1, by: 2) {
        table[String(parts[index])] = Symbol(text: String(parts[index + 1]), kind: kind)
      }
    }
    return table
  }()

  private static let lists: [(Kind, String)] = [
    (
      .identifier,
      """
      alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ
      varkappa ϰ lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ
      upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ
      Upsilon Υ Phi Φ Psi Ψ Omega Ω digamma ϝ ell ℓ hbar ℏ hslash ℏ imath ı jmath ȷ wp ℘ partial ∂ nabla ∇
      Re ℜ Im ℑ aleph ℵ beth ℶ gimel ℷ infty ∞ emptyset ∅ varnothing ∅ eth ð mho ℧ complement ∁ Bbbk 𝕜
      """
    ),
    (
      .plain,
      """
      forall ∀ exists ∃ nexists ∄ top ⊤ bot ⊥ angle ∠ measuredangle ∡ triangle △ square □ Box □ blacksquare ■
      Diamond ◊ lozenge ◊ bigstar ★ clubsuit ♣ diamondsuit ♢ heartsuit ♡ spadesuit ♠ flat ♭ natural ♮ sharp ♯
      checkmark ✓ dagger † ddagger ‡ degree ° prime ′ backprime ‵ S § P ¶ copyright © pounds £ dots …
      ldots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ dotsm ⋯ dotsi ⋯ dotso … iddots ⋰ neg ¬ lnot ¬ surd √
      """
    ),
    (
      .binary,
      """
      pm ± mp ∓ times × div ÷ cdot ⋅ ast ∗ star ⋆ circ ∘ bullet ∙ cap ∩ cup ∪ sqcap ⊓ sqcup ⊔ vee ∨ lor ∨
      wedge ∧ land ∧ setminus ∖ smallsetminus ∖ wr ≀ oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ odot ⊙ bigcirc ◯
      amalg ⨿ uplus ⊎ diamond ⋄ bigtriangleup △ bigtriangledown ▽ triangleleft ◁ triangleright ▷
      ltimes ⋉ rtimes ⋊ boxplus ⊞ boxminus ⊟ boxtimes ⊠ boxdot ⊡ circledast ⊛ dotplus ∔ barwedge ⊼
      """
    ),
    (
      .relation,
      """
      le ≤ leq ≤ leqslant ⩽ ge ≥ geq ≥ geqslant ⩾ ne ≠ neq ≠ equiv ≡ sim ∼ simeq ≃ approx ≈ approxeq ≊
      cong ≅ propto ∝ varpropto ∝ doteq ≐ triangleq ≜ asymp ≍ ll ≪ gg ≫ lll ⋘ ggg ⋙ prec ≺ succ ≻
      preceq ⪯ succeq ⪰ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ supsetneq ⊋ sqsubseteq ⊑
      sqsupseteq ⊒ in ∈ notin ∉ ni ∋ owns ∋ mid ∣ nmid ∤ parallel ∥ nparallel ∦ perp ⊥ vdash ⊢ dashv ⊣
      models ⊨ vDash ⊨ Vdash ⊩ bowtie ⋈ smile ⌣ frown ⌢ lesssim ≲ gtrsim ≳ lessgtr ≶ gtrless ≷
      nless ≮ ngtr ≯ nleq ≰ ngeq ≱ nsubseteq ⊈ nsupseteq ⊉ coloneqq ≔ eqqcolon ≕ colon : therefore ∴
      because ∵ vartriangleleft ⊲ vartriangleright ⊳ trianglelefteq ⊴ trianglerighteq ⊵ backsim ∽ thicksim ∼
      """
    ),
    (
      .arrow,
      """
      to → rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔
      implies ⟹ impliedby ⟸ iff ⟺ longrightarrow ⟶ longleftarrow ⟵ longleftrightarrow ⟷ Longrightarrow ⟹
      Longleftarrow ⟸ Longleftrightarrow ⟺ mapsto ↦ longmapsto ⟼ hookrightarrow ↪ hookleftarrow ↩ uparrow ↑
      downarrow ↓ updownarrow ↕ Uparrow ⇑ Downarrow ⇓ Updownarrow ⇕ nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖
      rightharpoonup ⇀ rightharpoondown ⇁ leftharpoonup ↼ leftharpoondown ↽ rightleftharpoons ⇌
      leftrightharpoons ⇋ rightrightarrows ⇉ leftleftarrows ⇇ rightleftarrows ⇄ leftrightarrows ⇆
      twoheadrightarrow ↠ twoheadleftarrow ↞ rightsquigarrow ⇝ leadsto ⇝ curvearrowright ↷ circlearrowright ↻
      nrightarrow ↛ nleftarrow ↚ nRightarrow ⇏ nLeftarrow ⇍ dashrightarrow ⇢ dashleftarrow ⇠ multimap ⊸
      """
    ),
    (
      .open,
      "{ { lbrace { langle ⟨ lfloor ⌊ lceil ⌈ lvert | lVert ‖ lbrack [ lgroup ⟮ ulcorner ⌜ llcorner ⌞"
    ),
    (
      .close,
      "} } rbrace } rangle ⟩ rfloor ⌋ rceil ⌉ rvert | rVert ‖ rbrack ] rgroup ⟯ urcorner ⌝ lrcorner ⌟"
    ),
    (
      .largeOperator,
      """
      sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ bigotimes ⨂ bigodot ⨀
      biguplus ⨄ bigsqcup ⨆
      """
    ),
    (.integral, "int ∫ iint ∬ iiint ∭ oint ∮ oiint ∯ smallint ∫"),
    (.punctuation, "ldotp . cdotp ⋅"),
  ]

  /// Names that are set upright; those that take limits below in displayed formulas are `true`.
  static let functions: [String: Bool] = {
    var table: [String: Bool] = [:]
    for name in [
      "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "dim", "exp",
      "hom",
      "ker", "lg", "ln", "log", "sec", "sin", "sinh", "tan", "tanh",
    ] { table[name] = false }
    for name in [
      "det", "gcd", "inf", "lim", "liminf", "limsup", "max", "min", "Pr", "sup", "argmax", "argmin",
    ] {
      table[name] = true
    }
    return table
  }()

  /// The characters that `\left`, `\right` and `\big` take.
  static func delimiter(_ name: String) -> String? {
    switch name {
    case "(", ")", "[", "]", "/", "|": name
    case "<": "⟨"
    case ">": "⟩"
    case ".": ""
    case "\\|", "\\Vert", "\\lVert", "\\rVert": "‖"
    case "\\vert", "\\lvert", "\\rvert", "\\mid": "|"
    case "\\backslash": "\\"
    default:
      name.hasPrefix("\\")
        ? byName[String(name.dropFirst())].flatMap { symbol in
          switch symbol.kind {
          case .open, .close, .arrow: symbol.text
          default: nil
          }
        } : nil
    }
  }

  /// Accents over one symbol or, those that stretch, over a whole argument: character, stretches, below.
  static let accents: [String: (character: String, stretches: Bool, isBelow: Bool)] = [
    "hat": ("^", false, false), "check": ("ˇ", false, false), "tilde": ("~", false, false),
    "acute": ("´", false, false), "grave": ("`", false, false), "dot": ("˙", false, false),
    "ddot": ("¨", false, false), "dddot": ("⃛", false, false), "breve": ("˘", false, false),
    "bar": ("¯", false, false), "vec": ("→", false, false), "mathring": ("˚", false, false),
    "widehat": ("^", true, false), "widetilde": ("~", true, false), "overline": ("¯", true, false),
    "underline": ("_", true, true), "overrightarrow": ("→", true, false),
    "overleftarrow": ("←", true, false), "overleftrightarrow": ("↔", true, false),
    "underrightarrow": ("→", true, true), "underleftarrow": ("←", true, true),
    "overbrace": ("⏞", true, false), "underbrace": ("⏟", true, true),
    "overbracket": ("⎴", true, false), "underbracket": ("⎵", true, true),
    "overparen": ("⏜", true, false), "underparen": ("⏝", true, true),
  ]

  /// Widths of spaces in em.
  static let spaces: [String: Double] = [
    ",": 0.1667, "thinspace": 0.1667, ":": 0.2222, ">": 0.2222, "medspace": 0.2222, ";": 0.2778,
    "thickspace": 0.2778, "!": -0.1667, "negthinspace": -0.1667, " ": 0.25, "quad": 1, "qquad": 2,
    "enspace": 0.5, "space": 0.25, "nobreakspace": 0.25,
  ]
}
