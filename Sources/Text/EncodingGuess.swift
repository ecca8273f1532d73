/// Tells how bytes that are not UTF-8 spell characters: GB18030, Big5, Shift-JIS or UTF-16.
///
/// Each encoding gives some characters for nearly any bytes, so form alone says nothing. Bytes are decoded
/// by each, and the one whose characters are those that texts are mostly made of is taken.
enum EncodingGuess {
  /// What a character of the right reading scores on average at least; wrong readings lie below 0.3.
  private static let leastScore = 0.45

  /// The encoding of `sample`, which is not UTF-8; `nil` where no reading looks like text.
  static func encoding(of sample: ArraySlice<UInt8>) -> TextEncoding? {
    if sample.starts(with: [0xFF, 0xFE]) || sample.starts(with: [0xFE, 0xFF]) { return .utf16 }
    let bytes = Array(sample.prefix(1 << 14))
    var best: (encoding: TextEncoding, score: Double)?
    for encoding in [TextEncoding.gb18030, .big5, .shiftJIS, .utf16] {
      let score = score(bytes, as: encoding)
      if score > best?.score ?? leastScore { best = (encoding, score) }
    }
    return best?.encoding
  }

  /// The mean over all characters beyond ASCII: 1 for a common one, 0 for a rare ideograph, less for what
  /// no text has much of.
  private static func score(_ bytes: [UInt8], as encoding: TextEncoding) -> Double {
    var total = 0.0
    var count = 0.0
    let scalars: [Unicode.Scalar]
    if encoding == .utf16 {
      // Without a mark the order of bytes is the one that reads better.
      guard bytes.count > 1, bytes.contains(0) || !bytes.contains(where: { $0 < 0x80 }) else {
        return 0
      }
      var reader = UTF16Bytes(isBigEndian: UTF16Bytes.isBigEndian(bytes))
      scalars = Array(String(decoding: reader.utf8(from: bytes), as: UTF8.self).unicodeScalars)
    } else {
      guard let converter = CharacterConverter(from: encoding) else { return 0 }
      let (text, refused) = converter.convert(bytes)
      // A sample may end inside a character.
      total -= 3 * Double(max(0, refused - 1))
      count += Double(max(0, refused - 1))
      scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    }
    for scalar in scalars where scalar.value >= 0x80 || scalar.value < 0x09 {
      count += 1
      total += Self.score(of: scalar, encoding)
    }
    // UTF-16 of Latin text has no other characters; its zeros are gone.
    if encoding == .utf16, count == 0, scalars.count * 2 + 1 >= bytes.count, !scalars.isEmpty {
      return 1
    }
    return count > 0 ? total / count : 0
  }

  private static func score(of scalar: Unicode.Scalar, _ encoding: TextEncoding) -> Double {
    switch scalar.value {
    case 0x3001, 0x3002, 0xFF0C, 0xFF1A, 0xFF1B, 0xFF01, 0xFF1F, 0x300C...0x300F, 0x201C, 0x201D,
      0x2026, 0x2014, 0x3000, 0x300A, 0x300B, 0xFF08, 0xFF09:
      return 1
    // Kana stand in every Japanese line; other encodings have them too, but not their texts.
    case 0x3041...0x3096, 0x30A1...0x30FC: return encoding == .gb18030 || encoding == .big5 ? 0 : 1
    case 0x4E00...0x9FFF:
      return isCommon.contains(scalar.value)
        ? 1 : firstLevel(encoding).contains(scalar.value) ? 0.6 : 0
    case 0xFF10...0xFF19, 0xFF21...0xFF3A, 0xFF41...0xFF5A: return 0.8
    case 0xFF61...0xFF9F, 0xE000...0xF8FF, 0xFFFD, 0..<0x09: return -2
    default: return -0.5
    }
  }

  /// The characters that a standard holds to be in frequent use: those with these first bytes.
  private static func firstLevel(_ encoding: TextEncoding) -> Set<UInt32> {
    switch encoding {
    case .big5: traditional
    case .shiftJIS: japanese
    default: simplified
    }
  }

  private static let simplified = characters(
    of: .gb18030, leads: 0xB0...0xD7, trails: [0xA1...0xFE])
  private static let traditional = characters(
    of: .big5, leads: 0xA4...0xC6, trails: [0x40...0x7E, 0xA1...0xFE])
  private static let japanese = characters(
    of: .shiftJIS, leads: 0x88...0x97, trails: [0x40...0x7E, 0x80...0xFC])

  private static func characters(
    of encoding: TextEncoding, leads: ClosedRange<UInt8>, trails: [ClosedRange<UInt8>]
  ) -> Set<UInt32> {
    let bytes = leads.flatMap { lead in trails.flatMap { $0.flatMap { trail in [lead, trail] } } }
    let text = CharacterConverter(from: encoding)?.convert(bytes).text ?? []
    return Set(
      String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value).filter { $0 >= 0x4E00 })
  }

  private static let isCommon = Set(common.unicodeScalars.map(\.value))

  /// The 520 most frequent characters of simplified text (laws, novels, reviews, news) and, behind them,
  /// those of the 520 most frequent of traditional text (an encyclopedia) that are others; counted, not
  /// copied.
  private static let common = """
    的了不一人是有在和国来我这中个大会以上说道为行他第好发也年用要法时到家定十出条民当作就日理们机应本还可生地政得者事子下业\
    工很对经二着去务自过水部市方没新你里关进都能后等多管规主三动成建实门全设公其现只小太服那么之前儿开面看又合员分果同于起宝\
    产或心平所保与见外天内月玉点计高书制体学便间正手知世区位文如明提电头重次任物问意贾展回安将资东处因而买品房五职性比度及两\
    力话长四些通级相报化并京然代给加单想表样军情社最无老信府由常场从但酒店已活运笑使入件收利记听向各改价统量院特别今此施名证\
    期错责原才纪算总什金打接议照姐据交系程西元质告官目北委立住共种权城技感标美强万几商护更快再持真身组依请解非送取基放华未被\
    教受觉结网准气构题海项专办按完企济治查装吃款调格洗划王口求己把术案差认式至决费监直科车达色先叫反且女营少做导指路衣林界母\
    义游声该育税息板省牛何呢必奥六评众风流斯支百根带司传确货难药数具夫走包诉让喜推布领奶较备满需际选广审观蒙环医论示境源造近\
    织联命形拉变早防县台边清怎供限置协集农客忙雪许南凤修例效值花八容执娘欢律申七举字火列亲投步倒干况线江每望超增预则采适尔爷\
    整节参拿山复违巴九配战连批象热光购张死音转团局首险候神思料益担旅往存检村令态图克國為於時後個學會軍哪與發區東來戰對經這爾\
    亞動開德內長並馬統業種羅聯州機現稱過產球進間將體帝義電當華島權約朝關總紀灣史議兩麼古族士語設尼阿領員數隊著達黨河英臺始運\
    車從星蘭港場賽認組縣傳選爭則土濟實條書結萬洲影計變屬說維卡皇漢術報米們資際務蘇歐舉宗擊決還納廣帶線居派視處邦空武兵導風鐵\
    曾無類論張香石韓陸攻據校誰網規劉域福許團功易歷點言強除奧門普即威別氣伊該龍較型初構響宣幾俄溫印繼衛倫周失群括獲興質圖樂亦\
    邊應沒轉織宋題築殺央離號研另革參製問級職給獨單引仍辦慶連敗積藝率標護盟圍農塞隨續環極協觀它占營記木器白堡李勢究模森劃演速\
    裝聲波降略致魯專沙復伯聖創
    """
}
