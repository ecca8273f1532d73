import Formats
import Foundation
import Messages

/// Which candidates cannot be terms, as data: a JSON file, with the article's rules as the default.
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

  public init() {}

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
    try self.init(try ByteSource(path: path, isText: true).readAll(), named: path)
  }

  init(_ bytes: [UInt8], named path: String) throws {
    do {
      self = try JSONDecoder().decode(DomainRules.self, from: Data(bytes))
    } catch {
      throw FileError(
        path: path,
        reason:
          "is no rule file: \(Self.explain(error)); `DomainRules.article`, encoded as JSON, is one")
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
  public func allows(_ word: String) -> Bool {
    let scalars = Array(word.unicodeScalars)
    guard scalars.count >= minLength, let first = scalars.first else { return false }
    if requiresIdeograph, !scalars.contains(where: { (0x4E00...0x9FA5).contains($0.value) }) {
      return false
    }
    if rejectsOneRepeatedCharacter, scalars.count > 1, scalars.allSatisfy({ $0 == first }) {
      return false
    }
    let characters = characters.unicodeScalars
    if scalars.contains(where: characters.contains) { return false }
    if scalars.count == 2, pairStarts.unicodeScalars.contains(first) { return false }
    let only = onlyCharacters.unicodeScalars
    if !only.isEmpty, scalars.allSatisfy(only.contains) { return false }
    return !prefixes.contains(where: word.hasPrefix) && !suffixes.contains(where: word.hasSuffix)
      && !substrings.contains(where: word.contains)
  }
}
