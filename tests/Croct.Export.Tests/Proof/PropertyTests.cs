using System.Globalization;
using System.Net;
using System.Text;
using Croct.Export.Tests.Wire;
using CsCheck;

namespace Croct.Export.Tests.Proof;

/// <summary>Properties that hold for any input. A failure shows the seed; to repeat it, set <c>CsCheck_Seed=…</c>.</summary>
[Proof]
public class PropertyTests
{
    private const int Samples = 2000;

    /// <summary>Any .NET string: letters, characters with a meaning in a URL, arbitrary characters, and lone surrogates.</summary>
    private static readonly Gen<string> AnyText = Gen.Frequency(
        (4, Gen.Char.AlphaNumeric.Select(character => character.ToString())),
        (4, OneOf("/", "?", "#", "&", "=", "%", "+", " ", ".", "..", "\\", "%2F", "%00", ":", "@", "\r\n", "\0", ";", "{id}", "{sessionId}")),
        (2, Gen.Char.Select(character => character.ToString())),
        (1, OneOf("é", "日本", "🦊", "\uD83D", "\uDC00"))).Array[1, 12].Select(string.Concat);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Test]
    public Task A_cursor_reaches_the_API_unchanged_or_is_refused() => AnyText.SampleAsync(
        async cursor =>
        {
            var api = new Api(() => Responses.Page(0, null));
            using var client = api.Client();

            var isSent = await IsAcceptedAsync(() => client.ExportEventsAsync(new EventExportOptions { Cursor = cursor }), "cursor");

            Assert.That(isSent, Is.EqualTo(IsText(cursor) && !string.IsNullOrWhiteSpace(cursor)));
            if (!isSent) return;
            var url = api.Requests.Single().RequestUri!;
            Assert.That((url.AbsolutePath, url.Fragment), Is.EqualTo(("/export/events", "")));
            var given = url.Query[1..].Split('&').Select(parameter => parameter.Split('=')).Single(parameter => parameter[0] == "cursor")[1];
            Assert.That(Uri.UnescapeDataString(given), Is.EqualTo(cursor));
        },
        iter: Samples);

    [Test]
    public async Task A_cursor_is_loaded_unchanged_from_its_file_or_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("cursor-");
        var store = new FileCursorStore(Path.Combine(folder.FullName, "events.cursor"));
        try
        {
            // One thread, as there is one file, and fewer samples, as each is flushed to disk.
            await AnyText.SampleAsync(
                async cursor =>
                {
                    var isSaved = await IsAcceptedAsync(() => store.SaveAsync(new Checkpoint { Cursor = cursor }).AsTask(), "cursor");

                    Assert.That(isSaved, Is.EqualTo(IsText(cursor) && !string.IsNullOrWhiteSpace(cursor)));
                    if (isSaved) Assert.That((await store.LoadAsync())!.Cursor, Is.EqualTo(cursor));
                },
                iter: Samples / 10,
                threads: 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public Task An_id_stays_the_last_segment_of_the_path_or_is_refused() => AnyText.SampleAsync(
        async id =>
        {
            var api = new Api(() => Responses.Json("""{"userId":null}"""));
            using var client = api.Client();

            var isSent = await IsAcceptedAsync(() => client.ExportUserByIdAsync(id), "userId");

            Assert.That(isSent, Is.EqualTo(IsText(id) && !string.IsNullOrWhiteSpace(id) && id is not ("." or "..")));
            if (!isSent) return;
            var url = api.Requests.Single().RequestUri!;
            Assert.That(url.AbsolutePath, Does.StartWith("/export/user/"));
            Assert.That((Uri.UnescapeDataString(url.AbsolutePath["/export/user/".Length..]), url.Query, url.Fragment), Is.EqualTo((id, "", "")));
            Assert.That(url.AbsolutePath.Count(character => character == '/'), Is.EqualTo(3));
        },
        iter: Samples);

    [TestCase(nameof(ExportClientOptions.DefaultPageSize), 1, 1000)]
    [TestCase(nameof(ExportClientOptions.ReadAhead), 0, 16)]
    [TestCase(nameof(ExportClientOptions.MaxRetries), 0, 20)]
    [TestCase(nameof(ExportClientOptions.MaxResponseBytes), 1024, 1 << 30)]
    public void A_number_is_accepted_exactly_within_its_range(string option, int least, int most) =>
        Gen.OneOf(Gen.Int, Gen.Int[least - 2, least + 2], Gen.Int[most - 2, most + 2], Gen.Int[least, most]).Sample(
            value => IsAccepted(option, value) == (value >= least && value <= most),
            iter: Samples);

    [TestCase(nameof(ExportClientOptions.AttemptTimeout), 10)]
    [TestCase(nameof(ExportClientOptions.MaxRetryDelay), 0)]
    public void A_time_is_accepted_exactly_within_its_range(string option, int leastMilliseconds)
    {
        var (least, most) = (TimeSpan.FromMilliseconds(leastMilliseconds), TimeSpan.FromDays(1));
        var ticks = Gen.OneOf(
            Gen.Long,
            Gen.Long[least.Ticks - 2, least.Ticks + 2],
            Gen.Long[most.Ticks - 2, most.Ticks + 2],
            Gen.Long[least.Ticks, most.Ticks]);
        ticks.Select(TimeSpan.FromTicks).Sample(
            value => IsAccepted(option, value) == (
                (value >= least && value <= most)
                || (option == nameof(ExportClientOptions.AttemptTimeout) && value == Timeout.InfiniteTimeSpan)),
            iter: Samples);
    }

    [Test]
    public Task Any_Retry_After_is_a_wait_or_none() =>
        Gen.OneOf(
                AnyText,
                Gen.Long.Select(Text),
                Gen.Double.Select(number => number.ToString(CultureInfo.InvariantCulture)),
                Gen.DateTimeOffset.Select(Date))
            .SampleAsync(
                async header => Assert.That(await GetWaitAsync(header), Is.Null.Or.GreaterThanOrEqualTo(TimeSpan.Zero)),
                iter: Samples);

    [Test]
    public Task A_Retry_After_of_seconds_is_that_wait() => Gen.Int[0, int.MaxValue].SampleAsync(
        async seconds => Assert.That(await GetWaitAsync(Text(seconds)), Is.EqualTo(TimeSpan.FromSeconds(seconds))),
        iter: Samples);

    [Test]
    public Task A_Retry_After_of_a_date_is_the_time_until_then() => Gen.Int[-100_000_000, 100_000_000].SampleAsync(
        async seconds => Assert.That(await GetWaitAsync(Date(InstantTime.Now.AddSeconds(seconds))), Is.EqualTo(TimeSpan.FromSeconds(Math.Max(seconds, 0)))),
        iter: Samples);

    private static Gen<string> OneOf(params string[] texts) => Gen.OneOf([.. texts.Select(Gen.Const)]);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Date(DateTimeOffset date) => date.ToString("r", CultureInfo.InvariantCulture);

    private static bool IsText(string text)
    {
        try
        {
            return StrictUtf8.GetByteCount(text) >= 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static async Task<bool> IsAcceptedAsync(Func<Task> call, string named)
    {
        try
        {
            await call();
            return true;
        }
        catch (ArgumentException exception) when (exception.GetType() == typeof(ArgumentException))
        {
            Assert.That(exception.Message, Does.StartWith(named).IgnoreCase);
            return false;
        }
    }

    /// <summary>Whether a client accepts the value of an option; checks that a refusal names the option.</summary>
    private static bool IsAccepted(string option, object value)
    {
        var options = new ExportClientOptions { ApiKey = Api.Key };
        typeof(ExportClientOptions).GetProperty(option)!.SetValue(options, value);
        try
        {
            using var client = new ExportClient(options);
            return true;
        }
        catch (ArgumentOutOfRangeException exception) when (exception.ParamName == option && exception.Message.StartsWith(option, StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>The wait that an error with this header reports.</summary>
    private static async Task<TimeSpan?> GetWaitAsync(string header)
    {
        var api = new Api(() =>
        {
            var response = Responses.Status(HttpStatusCode.PaymentRequired);
            response.Headers.TryAddWithoutValidation("Retry-After", header);
            return response;
        });
        using var client = api.Client();
        return (await Assert.ThrowsAsync<ExportApiException>(() => client.ExportEventsAsync())).RetryAfter;
    }
}
