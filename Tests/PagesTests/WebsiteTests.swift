import Pages
import Testing

@Suite struct WebsiteTests {
  @Test func addressesAreRelativeToThePage() {
    #expect(PageLayout.address("/assets/site.css", from: "/") == "assets/site.css")
    #expect(PageLayout.address("/en/", from: "/en/") == "../en/")
    #expect(PageLayout.address("/", from: "/") == "./")
    #expect(PageLayout.address("/tag/GAN/", from: "/en/article/gan-qp/") == "../../../tag/GAN/")
    #expect(PageLayout.address("/assets/site.css", from: nil) == "/assets/site.css")
  }
}
