import Formats
import HTTPTypes
import Hummingbird
import Messages
import Parallel

/// What went wrong with a request, as problem details (RFC 9457) tell it.
struct Problem: Error, Equatable {
  var status: HTTPResponse.Status
  /// One line: what was asked, what was received, what would work.
  var detail: String
  var fields: HTTPFields = [:]

  init(_ status: HTTPResponse.Status, _ detail: String, fields: HTTPFields = [:]) {
    self.status = status
    self.detail = detail.onOneLine
    self.fields = fields
  }

  /// Of anything that a handler threw: wrong input is the client's, the rest the server's.
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as OptionError: self.init(.unprocessableContent, "\(error)")
    case let error as InputError: self.init(.unprocessableContent, "\(error)")
    case is Cancelled, is CancellationError:
      self.init(.serviceUnavailable, "the work was stopped before it was done")
    // What failed here may tell of the machine's files: that is for the log.
    default: self.init(.internalServerError, "the site failed at this; its log says why")
    }
  }

  static func notFound(_ what: String) -> Problem { Problem(.notFound, what) }

  var document: JSONValue {
    [
      "type": "about:blank", "title": .string(status.reasonPhrase),
      "status": .integer(status.code), "detail": .string(detail),
    ]
  }

  var response: Response {
    var fields = fields
    fields[.contentType] = "application/problem+json"
    fields[.cacheControl] = "no-store"
    return Response(
      status: status, headers: fields,
      body: ResponseBody(byteBuffer: ByteBuffer(string: document.text())))
  }
}
