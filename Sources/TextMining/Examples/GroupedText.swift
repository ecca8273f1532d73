import Parallel

/// Generated Chinese text without separators whose words belong to known semantic groups: what a
/// grouping of words found from raw text alone can be held against.
public enum GroupedText {
  public struct Group: Sendable {
    public let name: String
    public let words: [String]
  }

  /// Ten groups of twenty words.
  public static let groups: [Group] = [
    group("亲属", "父亲 母亲 爷爷 奶奶 哥哥 姐姐 弟弟 妹妹 叔叔 舅舅 姑姑 外婆 女儿 儿子 丈夫 妻子 孙子 堂兄 表妹 岳父"),
    group("金融", "股票 基金 银行 利率 债券 汇率 存款 贷款 期货 证券 投资 保险 货币 信托 融资 股东 红利 外汇 资本 通货膨胀"),
    group("学校", "老师 学生 教室 课本 考试 作业 大学 小学 校长 同学 毕业 论文 宿舍 讲台 黑板 语文 数学 学期 图书馆 奖学金"),
    group("疾病", "感冒 发烧 咳嗽 肺炎 医生 护士 手术 药物 疫苗 病毒 头痛 过敏 肿瘤 住院 诊断 症状 细菌 高血压 糖尿病 心脏病"),
    group("仙侠", "修炼 法宝 仙人 妖怪 灵气 飞剑 丹药 魔王 道士 天庭 神仙 封印 法术 结界 元婴 渡劫 妖兽 灵石 宗门 阵法"),
    group("饮食", "米饭 面条 饺子 豆腐 牛肉 鸡蛋 蔬菜 水果 咖啡 啤酒 酱油 辣椒 火锅 烧烤 蛋糕 馒头 汤圆 茶叶 花椒 葡萄"),
    group("天气", "下雨 台风 降温 雷电 晴天 多云 冰雹 湿度 气温 寒潮 彩虹 大雾 暴雪 霜冻 干旱 洪水 季风 气压 沙尘 闪电"),
    group("交通", "火车 飞机 地铁 轮船 司机 乘客 车站 机场 隧道 桥梁 码头 汽油 轮胎 航班 车票 卡车 公交车 红绿灯 停车场 高速公路"),
    group("计算机", "电脑 程序 网络 键盘 鼠标 屏幕 硬盘 内存 软件 算法 密码 代码 芯片 显卡 数据库 服务器 浏览器 编译器 路由器 操作系统"),
    group("体育", "足球 篮球 游泳 跑步 冠军 裁判 教练 球员 比赛 体操 射门 金牌 球队 拳击 滑雪 跳高 乒乓球 羽毛球 奥运会 马拉松"),
  ]

  /// Words of no group, which stand in every line.
  public static let commonWords =
    "的 了 是 在 和 也 都 很 不 有 就 说 这 那 我们 他们 一个 没有 可以 因为 所以 但是 如果 已经".split(separator: " ")
    .map(String.init)

  /// The group of a word, or `nil` for words of none.
  public static func group(of word: String) -> Int? { groupOfWord[word] }

  /// A line is 14 words about one group: 4 in 10 common ones, 1 in 20 from any group, otherwise the
  /// line's own, the first words of a group more often than its last.
  public static func text(lines: Int = 20_000, seed: UInt64 = 1) -> String {
    var random = RandomStream(seed: seed)
    var text = ""
    text.reserveCapacity(lines * 84)
    for _ in 0..<lines {
      let topic = random.below(groups.count)
      for _ in 0..<14 {
        let kind = random.below(20)
        if kind < 8 {
          text += commonWords[random.below(commonWords.count)]
        } else {
          let words = groups[kind == 8 ? random.below(groups.count) : topic].words
          text += words[min(random.below(words.count), random.below(words.count + 10))]
        }
      }
      text += "\n"
    }
    return text
  }

  private static let groupOfWord = Dictionary(
    uniqueKeysWithValues: groups.enumerated().flatMap { place, group in
      group.words.map { ($0, place) }
    })

  private static func group(_ name: String, _ words: String) -> Group {
    Group(name: name, words: words.split(separator: " ").map(String.init))
  }
}
