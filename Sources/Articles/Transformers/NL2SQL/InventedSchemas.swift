import Messages

/// What a column of an invented table holds, and how people speak of it.
struct InventedAttribute: Sendable {
  enum Kind: Sendable, Equatable {
    /// Names of what the table is about; of people, places, firms, works, codes.
    case title, person, place, firm, code
    case pick([String])
    /// Numbers with so many decimals, mostly in a unit.
    case number(ClosedRange<Double>, decimals: Int, unit: String)
    case year
    case date
  }

  /// Headers, of which a table has one.
  var headers: [String]
  var kind: Kind
  /// How more and less of it is called, 高 and 低; empty for texts.
  var more = ""
  var less = ""
  /// How it is asked for without its name, 多少钱; empty if it is not.
  var cue = ""
}

/// Kinds of tables, in words: a line each, `name: header|header=kind arguments; …`.
///
/// Kinds: `title`, `person`, `place`, `firm`, `code`, `year`, `date`, `pick A B C`, `int LOW HIGH UNIT MORE LESS`,
/// `dec LOW HIGH UNIT MORE LESS`; `-` stands for no unit; `?…` at the end is a cue.
enum InventedSchemas {
  struct Schema: Sendable {
    var name: String
    var attributes: [InventedAttribute]
  }

  static let training = parse(trainingLines)
  static let heldOut = parse(heldOutLines)

  private static func parse(_ lines: String) -> [Schema] {
    lines.split(separator: "\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      return Schema(
        name: parts[0], attributes: parts[1].split(separator: ";").map { attribute(String($0)) })
    }
  }

  private static func attribute(_ text: String) -> InventedAttribute {
    let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
    require(sides.count == 2, "an invented column is header=kind, received \(text)")
    let headers = sides[0].split(separator: "|").map { $0.filter { !$0.isWhitespace } }
    var words = sides[1].split(separator: " ").map(String.init)
    var cue = ""
    if let last = words.last, last.hasPrefix("?") {
      cue = String(last.dropFirst())
      words.removeLast()
    }
    var attribute = InventedAttribute(headers: headers, kind: .title, cue: cue)
    func number(_ decimals: Int) -> InventedAttribute.Kind {
      require(words.count == 6, "numbers are LOW HIGH UNIT MORE LESS, received \(text)")
      attribute.more = words[4]
      attribute.less = words[5]
      return .number(
        (Double(words[1]) ?? 0)...(Double(words[2]) ?? 1), decimals: decimals,
        unit: words[3] == "-" ? "" : words[3])
    }
    switch words[0] {
    case "title": attribute.kind = .title
    case "person": attribute.kind = .person
    case "place": attribute.kind = .place
    case "firm": attribute.kind = .firm
    case "code": attribute.kind = .code
    case "year": (attribute.kind, attribute.more, attribute.less) = (.year, "晚", "早")
    case "date": (attribute.kind, attribute.more, attribute.less) = (.date, "晚", "早")
    case "pick": attribute.kind = .pick(Array(words.dropFirst()))
    case "int": attribute.kind = number(0)
    case "dec": attribute.kind = number(words[2].count < 3 ? 1 : 2)
    default: fatalError("no kind of invented column is called \(words[0])")
    }
    return attribute
  }

  private static let trainingLines = """
    影片: 片名|电影|影片名称=title; 导演=person; 主演|领衔主演=person; 影片类型|片种=pick 喜剧 动作 爱情 科幻 悬疑 动画; 票房（万元）|票房（亿元）|累计票房=int 100 90000 万元 高 低; 豆瓣评分|评分=dec 2 9 分 高 低; 上映日期|首映日期=date ?什么时候上映; 片长（分钟）|时长=int 60 200 分钟 长 短 ?多长; 制片国家|国家=pick 中国 美国 日本 韩国 法国 印度 英国
    城市: 城市|城市名称=place; 所属省份|省份=pick 广东 浙江 江苏 山东 四川 湖北 河南 福建; 常住人口（万人）|人口=int 20 3000 万人 多 少 ?多少人; 面积（平方公里）|土地面积=int 300 30000 平方公里 大 小 ?多大; 地区生产总值（亿元）|GDP=int 100 40000 亿元 高 低; 人均收入（元）|人均可支配收入=int 9000 90000 元 高 低; 市长=person; 绿化率（%）|绿化覆盖率=dec 10 60 % 高 低; 邮政编码=code
    图书: 书名|图书名称=title; 作者|著者=person ?谁写的; 出版社|出版单位=firm ?哪家出版; 定价（元）|定价|价格=dec 9 200 元 高 低 ?多少钱; 页数=int 60 1200 页 多 少 ?多少页; 出版时间|出版日期=date ?什么时候出版; 类别|分类=pick 小说 历史 科技 教育 艺术 童书 经济; 印数（册）|发行量（万册）=int 1000 90000 册 多 少; ISBN号=code
    员工: 姓名|员工姓名=person; 工号|员工编号=code; 部门|所在部门=pick 销售部 技术部 财务部 人事部 市场部 采购部; 职位|岗位=pick 经理 工程师 助理 主管 总监 专员; 年龄=int 20 60 岁 大 小 ?多大; 月薪（元）|工资=int 3000 50000 元 高 低 ?拿多少钱; 入职日期|入职时间=date ?什么时候入职; 学历=pick 本科 硕士 博士 大专 高中; 性别=pick 男 女; 工龄（年）=int 1 30 年 长 短
    楼盘: 楼盘|楼盘名称|小区名称=title; 区域|所在区=pick 朝阳区 海淀区 浦东新区 天河区 武侯区 江宁区; 均价（元/平方米）|成交均价|单价=int 5000 99000 元 高 低; 总价（万元）|成交总价=int 60 3000 万元 高 低; 开发商=firm; 户型=pick 一居室 两居室 三居室 四居室; 建筑面积（平方米）|面积=int 30 400 平方米 大 小; 开盘时间|开盘日期=date ?什么时候开盘; 容积率=dec 1 5 - 高 低; 物业费（元）=dec 1 9 元 高 低
    股票: 股票名称|证券简称|股票简称=firm; 证券代码|股票代码=code; 收盘价（元）|最新收盘价|收盘价=dec 2 300 元 高 低; 涨跌幅（%）|本周涨跌幅=dec -10 10 % 大 小; 成交量（万手）|成交量=int 10 9000 万手 大 小; 市盈率PE|市盈率=dec 3 200 - 高 低; 总市值（亿元）|总市值=int 10 20000 亿元 高 低; 行业|所属行业=pick 银行 医药 钢铁 房地产 传媒 有色金属 食品饮料; 股息率（%）=dec 0 9 % 高 低; 净资产收益率|ROE=dec 1 40 % 高 低; 每股收益=dec 0 9 元 高 低
    学生: 学生姓名|姓名=person; 学号=code; 班级=pick 一班 二班 三班 四班 五班; 数学成绩|数学=int 30 100 分 高 低; 语文成绩|语文=int 30 100 分 高 低; 英语成绩|英语=int 30 100 分 高 低; 总分=int 150 300 分 高 低; 身高（厘米）|身高=int 140 195 厘米 高 低 ?多高; 体重（公斤）|体重=int 35 100 公斤 重 轻 ?多重; 家庭住址|籍贯=place; 平均分=dec 40 99 分 高 低
    商品: 商品名称|商品|产品名称=title; 品牌=firm; 售价（元）|零售价|单价=dec 1 9000 元 高 低 ?卖多少钱; 库存|库存量（件）=int 0 5000 件 多 少; 销量（件）|月销量|销售量=int 10 90000 件 多 少; 产地=place ?哪里产的; 颜色=pick 红色 白色 黑色 蓝色 绿色 灰色; 保质期（天）=int 7 900 天 长 短; 好评率=dec 60 100 % 高 低; 上架日期=date ?什么时候上架; 供应商=firm; 重量（千克）=dec 1 90 千克 重 轻
    航班: 航班号|航班=code; 航空公司=firm; 出发城市|始发地=place; 到达城市|目的地=place; 票价（元）|机票价格=int 200 6000 元 高 低 ?多少钱; 飞行时间（小时）=dec 1 14 小时 长 短; 飞行里程（公里）|里程=int 300 12000 公里 远 近; 准点率（%）|准点率=dec 40 99 % 高 低; 机型=code; 座位数=int 80 500 个 多 少
    医院: 医院名称|医院=firm; 医院等级|等级=pick 三级甲等 三级乙等 二级甲等 二级乙等; 所在城市|城市=place ?在哪里; 床位数（张）|床位=int 50 5000 张 多 少; 门诊量（万人次）|年门诊量=dec 1 500 万人次 多 少; 院长=person; 成立年份|建院年份=year ?哪年成立; 医生人数|医生数量=int 20 3000 人 多 少; 联系电话|电话=code
    球员: 球员|球员姓名=person; 球队|所属球队=firm; 位置|场上位置=pick 前锋 后卫 中锋 门将 中场; 得分|场均得分=dec 0 40 分 高 低; 篮板|篮板数=int 0 900 个 多 少; 助攻|助攻次数=int 0 700 次 多 少; 国籍=pick 中国 美国 西班牙 塞尔维亚 澳大利亚 巴西; 出场次数|出场数=int 1 82 次 多 少; 身价（万欧元）=int 50 18000 - 高 低; 球衣号码=int 1 99 号 大 小
    大学: 学校名称|大学|院校=title; 所在地=place ?在哪里; 录取分数线|最低录取分=int 400 690 分 高 低; 学生人数|在校生人数（人）=int 3000 60000 人 多 少; 建校时间|建校年份=year ?哪年建校; 学校类型|类型=pick 综合 理工 师范 农林 医药 财经; 学费（元/年）|学费=int 3000 30000 元 高 低 ?学费多少钱; 校长=person; 排名|全国排名=int 1 900 名 高 低
    项目: 项目名称|项目=title; 负责人|项目负责人=person ?谁负责; 投资额（亿元）|总投资（万元）|投资金额=int 1 9000 亿元 高 低; 开工日期|开工时间=date ?什么时候开工; 进度（%）|完成进度=int 0 100 % 快 慢; 项目状态|状态=pick 已完成 进行中 未开始 暂停; 承建单位|施工单位=firm; 地点|项目地点=place ?在哪里; 工期（天）=int 30 1200 天 长 短
    菜品: 菜名|菜品=title; 菜系=pick 川菜 粤菜 鲁菜 湘菜 浙菜 闽菜; 价格（元）|价钱=int 8 900 元 贵 便宜 ?多少钱; 热量（千卡）|热量=int 50 1500 - 高 低; 辣度=int 0 5 级 高 低; 主料|主要食材=pick 牛肉 豆腐 鱼 鸡肉 土豆 虾; 厨师=person ?谁做的; 烹饪时间（分钟）=int 5 180 分钟 长 短; 点单次数|点单量=int 1 3000 次 多 少
    汽车: 车型|车型名称=code; 厂商|生产厂家=firm; 指导价（万元）|官方指导价|售价（万元）=dec 5 300 万元 高 低 ?多少钱; 排量（升）|排量=dec 1 6 升 大 小; 油耗（升）|百公里油耗=dec 4 20 升 高 低; 最高车速|最高时速=int 140 330 公里 快 慢; 座位数=int 2 9 个 多 少; 燃料类型|能源类型=pick 汽油 柴油 纯电动 混合动力; 上市时间|上市日期=date ?什么时候上市; 马力=int 60 800 匹 大 小
    天气: 日期=date; 城市|地区=place; 最高气温（℃）|最高气温=int -20 42 度 高 低; 最低气温（℃）|最低气温=int -35 30 度 高 低; 天气|天气状况=pick 晴 多云 小雨 暴雨 阴 大雪; 风力（级）|风力=int 0 12 级 大 小; 湿度（%）|相对湿度=int 10 100 % 大 小; 空气质量指数|AQI=int 10 400 - 高 低; 降水量（毫米）|降雨量=dec 0 200 毫米 大 小
    公司: 公司名称|企业名称|公司=firm; 法定代表人|法人=person ?法人是谁; 注册资本（万元）|注册资金=int 10 90000 万元 高 低; 成立日期|成立时间=date ?什么时候成立; 员工人数|员工数量=int 5 90000 人 多 少 ?多少员工; 营业收入（亿元）|营收|年营业收入=dec 1 9000 亿元 高 低; 净利润（亿元）|净利润=dec -90 900 亿元 高 低; 总部所在地|总部=place ?总部在哪; 经营状态=pick 存续 注销 吊销 迁出; 研发投入（万元）=int 10 90000 万元 高 低; 负债率=dec 5 95 % 高 低
    河流: 河流|河流名称=title; 长度（公里）|全长=int 50 7000 公里 长 短 ?多长; 流域面积（平方公里）|流域面积=int 500 900000 平方公里 大 小; 发源地=place ?发源于哪里; 流经省份数=int 1 11 个 多 少; 年径流量（亿立方米）|径流量=dec 1 9900 - 大 小; 水质|水质等级=pick 一类 二类 三类 四类 五类
    包裹: 快递单号|运单号=code; 寄件人=person; 收件人=person; 快递公司=firm; 重量（公斤）|包裹重量=dec 0 60 公斤 重 轻; 运费（元）|运费=dec 5 300 元 高 低 ?运费多少钱; 状态|物流状态=pick 已签收 运输中 派送中 待揽收; 发货日期|寄件日期=date ?什么时候发货; 收货城市=place ?寄到哪里
    比赛: 比赛名称|赛事=title; 主队=firm; 客队=firm; 比赛日期|比赛时间=date ?什么时候比赛; 观众人数|上座人数=int 500 90000 人 多 少; 主队得分|主队进球=int 0 130 分 高 低; 客队得分|客队进球=int 0 130 分 高 低; 比赛场馆|场馆=place ?在哪里比赛; 裁判=person; 门票收入（万元）=int 1 3000 万元 高 低
    电视剧: 剧名|剧集名称=title; 播出平台|首播平台=pick 腾讯视频 爱奇艺 芒果TV 优酷 央视; 集数=int 8 90 集 多 少 ?多少集; 收视率（%）|收视率=dec 0 5 % 高 低; 播放量（亿次）|总播放量=dec 1 200 - 高 低; 编剧=person; 题材=pick 古装 都市 谍战 农村 家庭 军旅; 首播日期|首播时间=date ?什么时候首播; 网络评分=dec 2 9 分 高 低
    景点: 景点|景点名称|景区名称=title; 门票（元）|门票价格=int 0 500 元 贵 便宜 ?门票多少钱; 景区级别|级别=pick AAAAA AAAA AAA AA; 所在省|省份=pick 云南 四川 安徽 湖南 陕西 广西; 年接待游客（万人）|游客人数=int 1 3000 万人 多 少; 海拔（米）|海拔高度=int 0 6000 米 高 低 ?海拔多高; 开放时间=pick 全天 上午 下午 夜间; 最佳季节=pick 春季 夏季 秋季 冬季; 建成年份=year ?哪年建成
    客户: 客户姓名|借款人=person; 贷款金额（万元）|贷款额=int 1 900 万元 高 低; 年利率（%）|利率=dec 2 15 % 高 低; 期限（月）|贷款期限=int 6 360 个 长 短; 放款日期|放款时间=date ?什么时候放款; 还款方式=pick 等额本息 等额本金 先息后本; 信用等级|信用评级=pick 优 良 中 差; 逾期次数=int 0 20 次 多 少; 担保人=person; 支行|经办支行=place
    论文: 论文题目|题目|标题=title; 第一作者|作者=person ?谁写的; 期刊|发表期刊=firm; 影响因子=dec 0 60 - 高 低; 引用次数|被引次数=int 0 9000 次 多 少; 发表年份|发表时间=year ?哪年发表; 研究领域|领域=pick 物理 化学 生物 计算机 材料 医学; 页码数=int 3 60 页 多 少; 通讯作者=person
    专利: 专利名称=title; 专利号|申请号=code; 发明人=person ?谁发明的; 申请人|专利权人=firm; 申请日|申请日期=date ?什么时候申请; 专利类型|类别=pick 实用新型 发明专利 外观设计; 授权状态=pick 已授权 审查中 已驳回; 代理费（元）|费用=int 500 20000 元 高 低 ?多少钱
    """

  /// Tables of these kinds are asked about in the end and never trained on.
  private static let heldOutLines = """
    手机: 手机型号|型号=code; 制造商=firm; 电池容量（毫安时）|电池容量=int 1500 7000 - 大 小; 屏幕尺寸（英寸）|屏幕尺寸=dec 4 8 英寸 大 小; 发售日|发售时间=date ?什么时候发售; 起售价（元）|起售价=int 500 15000 元 高 低 ?多少钱; 存储容量|机身存储=pick 64GB 128GB 256GB 512GB; 出货量（万台）|出货量=int 10 9000 万台 高 低; 设计师=person
    农作物: 作物|作物名称=title; 种植基地=place; 播种面积（亩）|播种面积=int 10 90000 亩 大 小; 亩产（公斤）|亩产=int 100 1500 公斤 高 低; 收购价（元）|收购价=dec 1 90 元 高 低; 灌溉方式=pick 喷灌 滴灌 漫灌; 播种日|播种日期=date; 农场主|种植户=person; 化肥用量（吨）=int 1 900 吨 多 少
    地铁线路: 线路|线路名称=title; 运营商|运营方=firm; 站点数|车站数=int 5 80 座 多 少; 日均客流（万人次）|日均客流=dec 1 200 万人次 高 低; 通车年份|开通年份=year ?哪年通车; 线路制式=pick 高架 地下 轻轨 磁浮; 起点站=place; 终点站=place; 造价（亿元）|建设造价=int 20 900 亿元 高 低
    博物馆: 馆名|博物馆=title; 馆长=person; 藏品数量（件）|馆藏数量=int 500 900000 件 多 少; 展厅数|展厅个数=int 1 60 个 多 少; 坐落城市|坐落地=place ?坐落在哪里; 主题|展览主题=pick 青铜 瓷器 书画 航天 恐龙 民俗; 年参观人次（万）|参观人次=int 1 1900 - 多 少; 落成年份=year ?哪年落成; 讲解费（元）=int 10 300 元 高 低
    保险产品: 险种|保险产品=title; 承保机构=firm; 保费（元）|年缴保费=int 100 50000 元 高 低 ?保费多少钱; 保额（万元）|最高保额=int 5 900 万元 高 低; 投保人=person; 生效日|生效日期=date ?什么时候生效; 赔付比例（%）|赔付比例=int 30 100 % 高 低; 缴费方式=pick 趸交 年缴 月缴
    宠物: 昵称|宠物昵称=title; 品种=pick 柯基 布偶猫 金毛 仓鼠 鹦鹉 边牧; 主人=person ?主人是谁; 体长（厘米）|体长=int 5 150 厘米 长 短; 疫苗针数|接种针数=int 0 9 针 多 少; 出生日=date; 寄养费（元）|每日寄养费=int 20 400 元 高 低; 寄养门店=firm; 毛色=pick 纯白 虎斑 三花 奶油
    工厂: 厂名|工厂=firm; 厂长=person; 年产能（万吨）|年产能=dec 1 900 万吨 高 低; 耗电量（千瓦时）|耗电量=int 1000 900000 - 高 低; 流水线数|流水线条数=int 1 60 条 多 少; 投产年份=year ?哪年投产; 厂址|厂区地址=place ?厂址在哪里; 次品率（%）|次品率=dec 0 12 % 高 低; 排污等级=pick 甲 乙 丙 丁; 碳排放（吨）=int 100 90000 吨 高 低
    歌曲: 歌曲|歌名|单曲=title; 演唱者|歌手=person ?谁唱的; 唱片公司=firm; 曲风=pick 摇滚 民谣 说唱 爵士 电子 古典; 下载量（万次）|下载量=int 1 9000 - 高 低; 发行日|专辑发行日=date ?什么时候发行; 时长（秒）|歌曲时长=int 90 480 秒 长 短; 作曲人|作曲=person; 版权费（万元）=dec 1 500 万元 高 低
    读者: 读者|借阅人=person; 借书证号=code; 所借书目|借阅书目=title; 借出日|借出日期=date ?什么时候借出; 续借次数=int 0 6 次 多 少; 超期天数|逾期天数=int 0 200 天 长 短; 罚款（元）|应缴罚款=dec 0 90 元 高 低; 院系=pick 中文系 物理系 法学院 商学院 外语系; 馆区=pick 东馆 西馆 南馆 北馆
    """
}
