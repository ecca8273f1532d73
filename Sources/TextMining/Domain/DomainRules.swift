import Formats
import Foundation
import Messages
import Text

/// Which candidates cannot be terms, as data: a JSON file, or rules by name.
///
/// `general` is about the language alone and fits any field; `article` was made for the papers of one power
/// company, and drops 高血压 for its 高 and 人民法院 for its 院.
public struct DomainRules: Sendable, Codable, Equatable {
  public var minLength = 2
  public var requiresIdeograph = true
  public var rejectsOneRepeatedCharacter = true
  /// A word with one of these characters is rejected.
  public var characters = ""
  public var substrings: [String] = []
  public var prefixes: [String] = []
  public var suffixes: [String] = []
  /// A word of two characters that begins with one of these is rejected.
  public var pairStarts = ""
  /// A word of nothing but these characters is rejected.
  public var onlyCharacters = ""
  /// A word that begins (ends) with one of these characters is rejected.
  public var firstCharacters: String?
  public var lastCharacters: String?
  /// Numbers, ordinals and headings (第十二条), dates, percentages and amounts are rejected.
  public var rejectsNumbers: Bool?

  public init() {}

  /// The rules that have a name.
  public static let named: [(name: String, rules: DomainRules)] = [
    ("general", .general), ("article", .article), ("none", DomainRules()),
  ]

  /// What is no term in any field: function words at an end or inside, numbers and dates.
  public static let general: DomainRules = {
    var rules = DomainRules()
    rules.rejectsNumbers = true
    rules.firstCharacters = "的了吗呢吧啊这那哪我你您他她它很也且及与或等之其该各某每"
    rules.lastCharacters = "的了吗呢吧啊这那哪我你您他她它很也且及与或之其该各某每于而把被并"
    rules.substrings =
      """
      的 或者 以及 但是 因为 所以 如果 虽然 可以 应当 应该 不得 不能 必须 已经 没有 下列 上述 其他 其它 有关 按照 依照 根据 \
      关于 对于 由于 除了 除非 并且 而且 任何 所有 以上 以下 之间 进行 予以 非常 觉得 还是 就是 不是 什么 怎么
      """.split(separator: " ").map(String.init)
    return rules
  }()

  /// The rules of 分享一次专业领域词汇的无监督挖掘 (2019).
  public static let article: DomainRules = {
    var rules = DomainRules()
    rules.characters = "较很越增多少大小长短高低好差的了这那到"
    rules.substrings = ["博士", "硕士", "研究生", "进一步"]
    rules.prefixes = list(
      characters: "每各该个被其从与及当为", words: "考虑 图中 每个 出席 一个 随着 不会 本次 产生 查询 是否 作者")
    rules.suffixes = list(
      characters: "为一人给内中后省市局院上所在有与及厂稿下厅部商者从奖出",
      words: """
        问题 市场 邮件 合约 假设 编号 预算 施加 战略 状况 工作 考核 评估 需求 沟通 阶段 账号 意识 价值 事故 竞争 交易 \
        趋势 主任 价格 门户 治区 培养 职责 社会 主义 办法 干部 员会 商务 发展 原因 情况 国家 园区 伙伴 对手 目标 委员 \
        人员 如下 况下 见图 全国 创新 共享 资讯 队伍 农村 贡献 争力 地区 客户 领域 查询 应用 可以 运营 成员 书记 附近 \
        结果 经理 学位 经营 思想 监管 能力 责任 意见 精神 讲话 营销 业务 总裁 见表 电力 主编 作者 专辑 学报 创建 支持 \
        资助 规划 计划 资金 代表 部门 版社 表明 证明 专家 教授 教师 基金 如图 位于 从事 公司 企业 专业 思路 集团 建设 \
        管理 水平 领导 体系 政务 单位 部分 董事 院士 经济 意义 内部 项目 服务 总部 讨论 改进 文献
        """)
    rules.pairStarts = "一二三四五六七八九十"
    rules.onlyCharacters = "一七厂月二夕气产兰丫田洲户尹尸甲乙日卜几口工旧门目曰石闷匕勺"
    return rules
  }()

  private static func list(characters: String, words: String) -> [String] {
    characters.map { String($0) } + words.split(separator: " ").map { String($0) }
  }

  /// Reads a rule file.
  public init(contentsOf path: String) throws {
    try self.init(try TextConversion.utf8(ofFile: path), named: path)
  }

  init(_ bytes: [UInt8], named path: String) throws {
    do {
      self = try JSONDecoder().decode(DomainRules.self, from: Data(bytes))
    } catch {
      throw FileError(
        path: path,
        reason:
          "is no rule file: \(Self.explain(error)); `DomainRules.general`, encoded as JSON, is one")
    }
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has the wrong type"
    default: "not valid JSON"
    }
  }

  /// Whether `word` may be a term.
  public func allows(_ word: String) -> Bool { objection(to: word) == nil }

  /// Why `word` cannot be a term, such as `suffix 院`; `nil` where it can.
  public func objection(to word: String) -> String? {
    let scalars = Array(word.unicodeScalars)
    guard scalars.count >= minLength, let first = scalars.first, let last = scalars.last else {
      return "shorter than \(minLength)"
    }
    if requiresIdeograph, !scalars.contains(where: { (0x4E00...0x9FA5).contains($0.value) }) {
      return "no ideograph"
    }
    if rejectsOneRepeatedCharacter, scalars.count > 1, scalars.allSatisfy({ $0 == first }) {
      return "one character repeated"
    }
    let characters = characters.unicodeScalars
    if let found = scalars.first(where: characters.contains) { return "character \(found)" }
    if scalars.count == 2, pairStarts.unicodeScalars.contains(first) {
      return "begins with \(first)"
    }
    let only = onlyCharacters.unicodeScalars
    if !only.isEmpty, scalars.allSatisfy(only.contains) { return "only \(onlyCharacters)" }
    if firstCharacters?.unicodeScalars.contains(first) == true { return "begins with \(first)" }
    if lastCharacters?.unicodeScalars.contains(last) == true { return "ends with \(last)" }
    if rejectsNumbers == true, Self.isAmount(scalars) { return "a number" }
    if let found = prefixes.first(where: word.hasPrefix) { return "prefix \(found)" }
    if let found = suffixes.first(where: word.hasSuffix) { return "suffix \(found)" }
    if let found = substrings.first(where: word.contains) { return "has \(found)" }
    return nil
  }

  /// Numbers and what is counted by them: 第十二条, 三个月, 百分之五, 二〇一九年, 十二时.
  private static func isAmount(_ scalars: [Unicode.Scalar]) -> Bool {
    func isNumeral(_ scalar: Unicode.Scalar) -> Bool {
      let kind = ScalarClass.of(scalar.value)
      return kind == .numeral || kind == .digit || kind == .percent
    }
    if scalars[0] == "第", scalars.count > 1, isNumeral(scalars[1]) { return true }
    if scalars.starts(with: "百分之".unicodeScalars) || scalars.starts(with: "千分之".unicodeScalars) {
      return true
    }
    let number = scalars.prefix { isNumeral($0) || "多余几数半".unicodeScalars.contains($0) }.count
    let rest = scalars[number...]
    // 三个月, 十二个; but 三叉神经, 二氧化碳, 一氧化碳.
    let units = "年月日天时分秒周岁次个条款项章节编元角倍位名人件种号级度米克斤吨里页本张只台套组届期点以内上下工作小".unicodeScalars
    return number > 0 && rest.allSatisfy(units.contains)
  }
}
