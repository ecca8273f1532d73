import Formats
import Messages
import TestSupport
import Testing

@testable import Transformers

struct TransformerConfigurationTests {
  @Test(arguments: TransformerFamily.allCases)
  func writtenAndRead(family: TransformerFamily) throws {
    var configuration = TransformerConfiguration(family)
    configuration.vocabularySize = 77
    let back = try TransformerConfiguration(json: configuration.json)
    var expected = configuration
    expected.heads = TransformerConfiguration(family).heads
    #expect(back == expected)
    // The form of its own.
    #expect(
      try JSONValue(encoding: configuration).decoded(as: TransformerConfiguration.self)
        == configuration)
  }

  @Test func whatOthersHaveNoKeysFor() throws {
    var configuration = TransformerConfiguration(.bert)
    configuration.attention = .prefix
    configuration.hierarchicalPosition = 0.4
    configuration.residualAttentionScores = true
    configuration.conditionSize = 3
    configuration.conditionHiddenSize = 4
    configuration.conditionActivation = .silu
    configuration.poolerActivation = .linear
    #expect(try TransformerConfiguration(json: configuration.json) == configuration)
    #expect(TransformerConfiguration(.bert).json["attention"] == nil)
  }

  @Test func googleFiles() throws {
    let text = """
      {"attention_probs_dropout_prob": 0.1, "directionality": "bidi", "hidden_act": "gelu",
       "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02,
       "intermediate_size": 3072, "max_position_embeddings": 512, "num_attention_heads": 12,
       "num_hidden_layers": 12, "type_vocab_size": 2, "vocab_size": 21128}
      """
    let configuration = try TransformerConfiguration(json: JSONValue(parsing: text))
    var expected = TransformerConfiguration(.bert)
    expected.vocabularySize = 21128
    #expect(configuration == expected)
  }

  @Test func whatIsKnownIsNamed() throws {
    func problem(_ text: String) -> String {
      message { _ = try TransformerConfiguration(json: JSONValue(parsing: text)) }
    }
    #expect(
      problem(#"{"model_type": "llama"}"#)
        == "its \"model_type\" is \"llama\"; known are bert, roberta, albert, nezha, roformer, "
        + "roformer_v2, electra, openai-gpt, gpt2, gpt2_ml, t5, mt5, gau_alpha")
    #expect(
      problem(#"{"model_type": "bert", "hidden_act": "softsign"}"#).hasPrefix(
        "\"hidden_act\" is \"softsign\"; known are gelu, gelu_fast"))
    #expect(
      problem(#"{"model_type": "bert", "hidden_size": 10, "num_attention_heads": 3}"#)
        == "its size 10 is not a multiple of its 3 heads")
    #expect(
      problem(#"{"model_type": "albert", "num_hidden_groups": 2}"#)
        == "\"num_hidden_groups\" is 2; only 1 is known")
    #expect(
      problem(#"{"model_type": "bert", "hidden_size": -1}"#)
        == "\"hidden_size\" expects a count, received -1")
  }

  @Test func gatedFeedForwardOfT5() throws {
    let text =
      #"{"model_type": "t5", "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false}"#
    let configuration = try TransformerConfiguration(json: JSONValue(parsing: text))
    #expect(configuration.isGated && configuration.activation == .geluTanh)
    #expect(!configuration.scalesOutput)
  }
}
