using Croct.Export.Models;
using Croct.Export.Tests.Wire;

namespace Croct.Export.Tests;

public class ValidationTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly TestCaseData[] BadClientOptions =
    [
        Bad(o => o.ApiKey = null, "ApiKey", "missing"),
        Bad(o => o.ApiKey = "", "ApiKey", "blank"),
        Bad(o => o.ApiKey = " \t", "ApiKey", "blank"),
        Bad(o => o.ApiKey = Api.Key + "\n", "ApiKey", "control characters"),
        Bad(o => o.ApiKey = Api.Key + "\0", "ApiKey", "control characters"),
        Bad(o => o.ApiKey = " " + Api.Key, "ApiKey", "spaces"),
        Bad(o => o.ApiKey = Api.Key + "é", "ApiKey", "ASCII"),
        Bad(o => o.ApiKeyProvider = _ => new ValueTask<string>("k"), "ApiKeyProvider", "only one"),
        Bad(o => o.BaseAddress = null!, "BaseAddress", "null"),
        Bad(o => o.BaseAddress = new Uri("/export", UriKind.Relative), "BaseAddress", "/export", "absolute"),
        Bad(o => o.BaseAddress = new Uri("http://api.croct.io/export"), "BaseAddress", "http://api.croct.io/export", "https"),
        Bad(o => o.BaseAddress = new Uri("ftp://api.croct.io/export"), "BaseAddress", "ftp://api.croct.io/export", "https"),
        Bad(o => o.BaseAddress = new Uri("https://api.croct.io/export?x=1"), "BaseAddress", "query"),
        Bad(o => o.BaseAddress = new Uri("https://api.croct.io/export#x"), "BaseAddress", "fragment"),
        Bad(o => o.BaseAddress = new Uri($"https://user:{Api.Key}@api.croct.io/export"), "BaseAddress", "user information"),
        Bad(o => o.DefaultPageSize = 0, "DefaultPageSize", "0", "1 to 1000"),
        Bad(o => o.DefaultPageSize = 1001, "DefaultPageSize", "1001", "1 to 1000"),
        Bad(o => o.ReadAhead = -1, "ReadAhead", "-1", "0 to 16"),
        Bad(o => o.ReadAhead = 17, "ReadAhead", "17", "0 to 16"),
        Bad(o => o.MaxRetries = -1, "MaxRetries", "-1", "0 to 20"),
        Bad(o => o.MaxRetries = 21, "MaxRetries", "21", "0 to 20"),
        Bad(o => o.MaxRetryDelay = TimeSpan.FromSeconds(-1), "MaxRetryDelay", "-00:00:01", "00:00:00 to 1.00:00:00"),
        Bad(o => o.MaxRetryDelay = TimeSpan.FromDays(2), "MaxRetryDelay", "2.00:00:00", "00:00:00 to 1.00:00:00"),
        Bad(o => o.AttemptTimeout = TimeSpan.Zero, "AttemptTimeout", "00:00:00", "00:00:00.0100000 to 1.00:00:00"),
        Bad(o => o.AttemptTimeout = TimeSpan.FromDays(2), "AttemptTimeout", "2.00:00:00", "to 1.00:00:00"),
        Bad(o => o.MaxResponseBytes = 1023, "MaxResponseBytes", "1023", "1024 to 1073741824"),
        Bad(o => o.TimeUnit = (TimeUnit)7, "TimeUnit", "7", "Seconds or Milliseconds"),
        Bad(o => o.ApplicationName = "two words", "ApplicationName", "two words", "without spaces"),
        Bad(o => o.ApplicationName = "", "ApplicationName", "name/version"),
        Bad(o => o.ApplicationName = "nightly/\t8", "ApplicationName", "without spaces"),
        Bad(o => o.ApplicationName = " nightly", "ApplicationName", "without spaces"),
        Bad(o => o.ApplicationName = "a\r\nX-Evil: 1", "ApplicationName", "name/version"),
        Bad(o => o.TimeProvider = null!, "TimeProvider", "null"),
        Bad(o => o.HttpMessageHandler = new HttpClientHandler(), "HttpMessageHandler", "AllowAutoRedirect"),
        Bad(o => o.HttpMessageHandler = new SocketsHttpHandler(), "HttpMessageHandler", "AllowAutoRedirect"),
    ];

    private static readonly TestCaseData[] BadExportOptions =
    [
        BadExport(new() { PageSize = 0 }, "PageSize", "0", "1 to 1000"),
        BadExport(new() { PageSize = -5 }, "PageSize", "-5", "1 to 1000"),
        BadExport(new() { PageSize = 1001 }, "PageSize", "1001", "1 to 1000"),
        BadExport(new() { Start = Noon, End = Noon }, "Start", "2026-01-01T12:00:00.0000000+00:00", "before End"),
        BadExport(new() { Start = Noon.AddTicks(1), End = Noon }, "Start", "2026-01-01T12:00:00.0000001+00:00", "before End"),
        BadExport(new() { Start = DateTimeOffset.UnixEpoch.AddTicks(-1) }, "Start", "1969-12-31T23:59:59.9999999+00:00", "1970"),
        BadExport(new() { End = DateTimeOffset.MinValue }, "End", "0001-01-01", "1970"),
        BadExport(new() { Cursor = "" }, "Cursor", "blank"),
        BadExport(new() { Cursor = " \t" }, "Cursor", "blank"),
        BadExport(new() { Cursor = new string('a', (32 * 1024) + 1) }, "Cursor", "more than 32 KiB in a URL"),
        BadExport(new() { Cursor = new string('/', 11_000) }, "Cursor", "32 KiB in a URL"),
        BadExport(new() { Events = [new EventType("")] }, "Events", "''", "letters"),
        BadExport(new() { Events = [default] }, "Events", "''", "letters"),
        BadExport(new() { Events = [EventType.PageOpened, new EventType("page opened")] }, "Events", "page opened", "letters"),
        BadExport(new() { Events = [new EventType("a&b=c")] }, "Events", "a&b=c", "letters"),
    ];

    private static readonly TestCaseData[] BadIds =
    [
        .. new[] { null, "", "  ", ".", "..", new string('a', (32 * 1024) + 1) }.SelectMany(id => new TestCaseData[]
        {
            new((Func<ExportClient, Task>)(c => c.ExportEventByIdAsync(id!)), "id"),
            new((Func<ExportClient, Task>)(c => c.ExportSessionByIdAsync(id!)), "sessionId"),
            new((Func<ExportClient, Task>)(c => c.ExportUserByIdAsync(id!)), "userId"),
        }),
    ];

    [TestCaseSource(nameof(BadClientOptions))]
    public void Refuses_invalid_client_options_and_says_why(Action<ExportClientOptions> change, string[] expected)
    {
        var options = new Api(() => Responses.Page(0, null)).Options();
        change(options);

        AssertMessage(Assert.Catch<ArgumentException>(() => new ExportClient(options).Dispose())!, expected);
    }

    [TestCaseSource(nameof(BadExportOptions))]
    public void Refuses_invalid_export_options_before_any_request(EventExportOptions options, string[] expected)
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();

        Assert.Multiple(() =>
        {
            AssertMessage(Assert.Catch<ArgumentException>(() => _ = client.ExportEventsAsync(options))!, expected);
            AssertMessage(Assert.Catch<ArgumentException>(() => _ = client.ExportEventPagesAsync(options))!, expected);
            AssertMessage(Assert.Catch<ArgumentException>(() => _ = client.ExportAllEventsAsync(options))!, expected);
            AssertMessage(Assert.Catch<ArgumentException>(() => _ = client.ExportRawPagesAsync(ExportStream.Events, options))!, expected);
        });
        Assert.That(api.Requests, Is.Empty);
    }

    [TestCase("a", 32 * 1024)]
    [TestCase("/", 32 * 1024 / 3)]
    [TestCase("a\t", 2)]
    public async Task Accepts_a_cursor_of_any_characters_and_up_to_32_KiB_in_the_URL(string piece, int times)
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();
        var cursor = string.Concat(Enumerable.Repeat(piece, times));

        await client.ExportEventsAsync(new EventExportOptions { Cursor = cursor });

        Assert.That(api.Cursors.Single(), Is.EqualTo(cursor));
    }

    [Test]
    public void Refuses_invalid_session_and_user_options_at_the_call()
    {
        var api = new Api(() => Responses.Page(0, null));
        using var client = api.Client();
        var (sessions, users) = (new SessionExportOptions { PageSize = 0 }, new UserExportOptions { PageSize = 0 });

        Assert.Multiple(() =>
        {
            Assert.Catch<ArgumentException>(() => _ = client.ExportSessionsAsync(sessions));
            Assert.Catch<ArgumentException>(() => _ = client.ExportSessionPagesAsync(sessions));
            Assert.Catch<ArgumentException>(() => _ = client.ExportAllSessionsAsync(sessions));
            Assert.Catch<ArgumentException>(() => _ = client.ExportUsersAsync(users));
            Assert.Catch<ArgumentException>(() => _ = client.ExportUserPagesAsync(users));
            Assert.Catch<ArgumentException>(() => _ = client.ExportAllUsersAsync(users));
        });
        Assert.That(api.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(BadIds))]
    public void Refuses_an_id_that_cannot_name_an_item(Func<ExportClient, Task> call, string parameter)
    {
        var api = new Api(() => Responses.Json("{}"));
        using var client = api.Client();

        var exception = Assert.Catch<ArgumentException>(() => _ = call(client))!;

        Assert.That(exception.ParamName, Is.EqualTo(parameter));
        Assert.That(api.Requests, Is.Empty);
    }

    [Test]
    public void Never_reveals_a_key_put_into_the_base_address()
    {
        var options = new Api(() => Responses.Page(0, null)).Options();
        options.BaseAddress = new Uri($"https://api.croct.io/export?key={Api.Key}");

        AssertMessage(Assert.Catch<ArgumentException>(() => new ExportClient(options).Dispose())!, ["BaseAddress", "query"]);
    }

    [Test]
    public void Finds_redirects_in_a_handler_wrapped_by_others() =>
        Assert.That(
            () => new ExportClient(new ExportClientOptions { ApiKey = Api.Key, HttpMessageHandler = new Outer { InnerHandler = new SocketsHttpHandler() } }),
            Throws.ArgumentException.With.Message.Contains("AllowAutoRedirect"));

    [Test]
    public void Refuses_a_client_with_a_different_base_address()
    {
        using var http = new HttpClient { BaseAddress = new Uri("https://elsewhere.example/") };

        Assert.That(
            () => new ExportClient(http, new ExportClientOptions { ApiKey = Api.Key }),
            Throws.ArgumentException.With.Message.Contains("BaseAddress").And.Message.Contains("https://elsewhere.example/"));
    }

    [Test]
    public void Refuses_a_handler_in_addition_to_a_client()
    {
        using var http = new HttpClient();

        Assert.That(
            () => new ExportClient(http, new Api(() => Responses.Page(0, null)).Options()),
            Throws.ArgumentException.With.Message.Contains("HttpMessageHandler"));
    }

    [Test]
    public void Never_reveals_the_key_in_the_text_of_the_options() =>
        Assert.That(new ExportClientOptions { ApiKey = Api.Key }.ToString(), Does.Not.Contain(Api.Key).And.Contain("api.croct.io"));

    private static TestCaseData Bad(Action<ExportClientOptions> change, params string[] expected) =>
        new(change, expected) { TestName = "Client: " + Name(expected) };

    private static TestCaseData BadExport(EventExportOptions options, params string[] expected) =>
        new(options, expected) { TestName = "Export: " + Name(expected) };

    private static string Name(string[] expected) => string.Join(", ", expected).Replace(Api.Key, "key", StringComparison.Ordinal);

    private static void AssertMessage(ArgumentException exception, string[] expected)
    {
        foreach (var part in expected) Assert.That(exception.Message, Does.Contain(part));
        Assert.That(exception.ParamName, Is.EqualTo(expected[0]));
        Assert.That(exception.ToString(), Does.Not.Contain(Api.Key));
    }

    private sealed class Outer : DelegatingHandler;
}
