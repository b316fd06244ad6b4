using System.IO.Compression;
using System.Text;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>The output files: their bytes, their size and when they appear.</summary>
public class FileTests
{
    private const string WrongKey = "11111111-1111-4111-8111-111111111111";

    private const int Items = 300;

    private Exporter _exporter = null!;

    [SetUp]
    public void CreateExporter() => _exporter = new Exporter();

    [TearDown]
    public void DisposeExporter() => _exporter.Dispose();

    [Test]
    public async Task Csv_is_utf8_without_a_byte_order_mark_and_has_crlf_and_invariant_numbers_and_times()
    {
        const string Item = """{"id":"é","timestamp":1704067200123,"payload":{"@type":"userClicked","point":{"x":1234567.5,"y":-1E-7}}}""";
        var file = await ItemServer.ExportAsync(_exporter, "events", "events.csv", [Item]);

        var text = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file));

        Assert.That(text, Does.StartWith("id,session_id,"));
        Assert.That(text, Does.Contain("\r\né,,,2024-01-01T00:00:00.123Z,userClicked,").And.Contain(",1234567.5,-1E-07,").And.EndWith("\r\n"));
        Assert.That(text.Replace("\r\n", "", StringComparison.Ordinal), Does.Not.Contain("\r").And.Not.Contain("\n"));
    }

    [Test]
    public async Task Csv_keeps_decimals_as_received()
    {
        const string Item =
            """{"id":"e","payload":{"@type":"orderPlaced","order":{"total":59.90,"subtotal":0.12345678901234567890,"discount":7}}}""";
        var file = await ItemServer.ExportAsync(_exporter, "events", "events.csv", [Item]);

        var row = Duck.Query($"SELECT order_total, order_subtotal, order_discount FROM {Duck.Csv(file)}").Single();
        Assert.That(row, Is.EqualTo((string[])["59.90", "0.12345678901234567890", "7"]));
    }

    [Test]
    public async Task Csv_can_be_made_safe_for_spreadsheets()
    {
        string[] formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"http://x.example\",\"y\")"];
        string[] items =
        [
            .. formulas.Select(formula => Newtonsoft.Json.JsonConvert.SerializeObject(new { firstName = formula, lastName = "a=b", customAttributes = -5 })),
        ];
        const string Columns = "first_name, last_name, custom_attributes";

        var safe = Duck.Query($"SELECT {Columns} FROM {Duck.Csv(await ItemServer.ExportAsync(_exporter, "users", "safe.csv", items, "--csv-safe"))}");
        var plain = Duck.Query($"SELECT {Columns} FROM {Duck.Csv(await ItemServer.ExportAsync(_exporter, "users", "plain.csv", items))}");

        Assert.That(safe, Is.EqualTo(formulas.Select(formula => (string[])["'" + formula, "a=b", "-5"])));
        Assert.That(plain, Is.EqualTo(formulas.Select(formula => (string[])[formula, "a=b", "-5"])));
    }

    [Test]
    public async Task Safe_csv_leaves_numbers_unchanged()
    {
        const string Item = """{"id":"e","payload":{"@type":"goalCompleted","goalId":"-g","value":"-5.50"}}""";
        var file = await ItemServer.ExportAsync(_exporter, "events", "safe.csv", [Item], "--csv-safe");

        Assert.That(Duck.Query($"SELECT goal_id, goal_value FROM {Duck.Csv(file)}").Single(), Is.EqualTo((string[])["'-g", "-5.50"]));
    }

    [Test]
    public async Task A_row_group_has_no_more_than_50000_rows()
    {
        string[] items = [.. Enumerable.Range(0, 50_010).Select(i => $$"""{"firstName":"{{i}}"}""")];
        var file = await ItemServer.ExportAsync(_exporter, "users", "users.parquet", items);

        Assert.That(RowGroups(file), Is.EqualTo((long[])[50_000, 10]));
        Assert.That(Duck.Value($"SELECT count(DISTINCT first_name) FROM {Duck.Parquet(file)}"), Is.EqualTo(50_010L));
    }

    [Test]
    public async Task A_row_group_of_long_payloads_has_fewer_rows()
    {
        const int Length = 2_000_000;
        var item = """{"id":"e","payload":{"@type":"eventOccurred","name":"n","details":{"text":"TEXT"}}}"""
            .Replace("TEXT", new string('x', Length), StringComparison.Ordinal);

        var file = await ItemServer.ExportAsync(_exporter, "events", "events.parquet", [.. Enumerable.Repeat(item, 10)]);

        Assert.That(RowGroups(file), Has.Count.GreaterThan(1));
        Assert.That(
            Duck.Value($"SELECT sum(length(event_details)) FROM {Duck.Parquet(file)}"),
            Is.EqualTo(new System.Numerics.BigInteger(10 * (Length + """{"text":""}""".Length))));
    }

    [TestCase("events.ndjson", "none", 0, 0, Category = "Long")]
    [TestCase("events.ndjson.gz", null, 0x1F, 0x8B, Category = "Long")]
    [TestCase("events.ndjson", "gzip", 0x1F, 0x8B)]
    [TestCase("events.ndjson.zst", null, 0x28, 0xB5)]
    [TestCase("events.ndjson", "zstd", 0x28, 0xB5)]
    [TestCase("events.ndjson.gz", "none", 0, 0)]
    [TestCase("events.csv.gz", null, 0x1F, 0x8B, Category = "Long")]
    [TestCase("events.csv.zst", null, 0x28, 0xB5, Category = "Long")]
    public async Task Ndjson_and_csv_are_compressed_according_to_the_name_or_the_option(string name, string? compress, int first, int second)
    {
        var format = name.Contains("csv", StringComparison.Ordinal) ? "csv" : "ndjson";
        var expected = await File.ReadAllTextAsync(await SandboxFiles.OfAsync("events", Items, format));

        string[] compression = compress is null ? [] : ["--compress", compress];
        await _exporter.RunAsync(
            ["events", "--sandbox", "--sandbox-items", $"{Items}", "--quiet", "--format", format, "--output", name, .. compression]);

        var bytes = await File.ReadAllBytesAsync(_exporter.PathOf(name));
        if (first != 0) Assert.That(bytes[..2], Is.EqualTo((byte[])[(byte)first, (byte)second]));
        Assert.That(Encoding.UTF8.GetString(first switch { 0x1F => Gunzip(bytes), 0x28 => Unzstd(bytes), _ => bytes }), Is.EqualTo(expected));
    }

    [TestCase("events.csv.gz")]
    [TestCase("events.csv.zst")]
    public async Task Compressed_csv_of_many_pages_can_be_read_by_DuckDB(string name)
    {
        await _exporter.RunAsync("events", "--sandbox", "--sandbox-items", "700", "--page-size", "50", "--quiet", "--format", "csv", "--output", name);

        Assert.That(Duck.Value($"SELECT count(DISTINCT id) FROM {Duck.Csv(_exporter.PathOf(name))}"), Is.EqualTo(700L));
    }

    [TestCase("events.ndjson.gz")]
    [TestCase("events.ndjson.zst")]
    public async Task Compressed_ndjson_without_items_is_a_valid_file(string name)
    {
        await _exporter.RunAsync("events", "--sandbox", "--sandbox-items", "0", "--quiet", "--output", name);

        var bytes = await File.ReadAllBytesAsync(_exporter.PathOf(name));
        Assert.That(bytes, Is.Not.Empty);

        // .NET also reads a gzip file that is cut, but not one that continues after that.
        bytes = [.. bytes, .. bytes];
        Assert.That(name.EndsWith(".gz", StringComparison.Ordinal) ? Gunzip(bytes) : Unzstd(bytes), Is.Empty);
    }

    [TestCase("zstd", "ZSTD")]
    [TestCase("gzip", "GZIP", Category = "Long")]
    [TestCase("none", "UNCOMPRESSED")]
    [TestCase(null, "ZSTD")]
    public async Task Parquet_is_compressed_internally(string? compress, string codec)
    {
        string[] compression = compress is null ? [] : ["--compress", compress];
        await _exporter.RunAsync(
            ["users", "--sandbox", "--sandbox-items", "300", "--quiet", "--format", "parquet", "--output", "users.parquet", .. compression]);
        var file = _exporter.PathOf("users.parquet");

        Assert.That(Duck.Values($"SELECT DISTINCT compression FROM parquet_metadata('{file}')"), Is.EqualTo((string[])[codec]));
        Assert.That(Duck.Value($"SELECT count(first_name) FROM {Duck.Parquet(file)}"), Is.Not.Zero);
    }

    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task A_file_gets_its_name_only_when_it_is_complete(string format)
    {
        await using var api = await ItemServer.StartAsync(["7"]);
        var file = _exporter.PathOf("users." + format);
        await File.WriteAllTextAsync(file, "of last night");

        var run = await _exporter.TryAsync("users", "--api-key", WrongKey, "--base-address", api.Address, "--format", format, "--output", file);

        Assert.That(run.Code, Is.EqualTo(1), run.Errors);
        Assert.That(await File.ReadAllTextAsync(file), Is.EqualTo("of last night"));
    }

    [Test]
    public async Task Parquet_can_be_piped()
    {
        await _exporter.TryUnderAsync(
            "sh", ["-c", "\"$@\" | cat > piped.parquet", "sh"],
            ["users", "--sandbox", "--sandbox-items", $"{Items}", "--quiet", "--format", "parquet"]);

        var expected = await File.ReadAllBytesAsync(await SandboxFiles.OfAsync("users", Items, "parquet"));
        Assert.That(await File.ReadAllBytesAsync(_exporter.PathOf("piped.parquet")), Is.EqualTo(expected));
    }

    private static List<object?> RowGroups(string file) =>
        Duck.Values($"SELECT any_value(row_group_num_rows) FROM parquet_metadata('{file}') GROUP BY row_group_id ORDER BY row_group_id");

    private static byte[] Gunzip(byte[] bytes) => ReadAll(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress));

    private static byte[] Unzstd(byte[] bytes) => ReadAll(new ZstdSharp.DecompressionStream(new MemoryStream(bytes)));

    private static byte[] ReadAll(Stream stream)
    {
        using var _ = stream;
        var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }
}
