using System.Text.Json.Nodes;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>Files with and without rows have exactly the documented columns.</summary>
[TestFixture("events")]
[TestFixture("sessions", Category = "Long")]
[TestFixture("users", Category = "Long")]
public class SchemaTests(string stream)
{
    private const int Some = 100;

    [TestCase(0)]
    [TestCase(Some)]
    public async Task Parquet_has_the_documented_columns_and_types(int items)
    {
        var file = await SandboxFiles.OfAsync(stream, items, "parquet");

        var columns = Duck.Query($"DESCRIBE SELECT * FROM {Duck.Parquet(file)}").Select(row => (row[0], row[1]));

        Assert.That(columns, Is.EqualTo((await DocumentedColumn.OfAsync(stream)).Select(column => (column.Name, column.SqlType))));
        Assert.That(Duck.Value($"SELECT count(*) FROM {Duck.Parquet(file)}"), Is.EqualTo((long)items));
    }

    [TestCase(0)]
    [TestCase(Some)]
    public async Task Csv_has_the_documented_columns(int items)
    {
        var file = await SandboxFiles.OfAsync(stream, items, "csv");

        var header = (await File.ReadAllTextAsync(file)).Split("\r\n")[0];

        Assert.That(header, Is.EqualTo(string.Join(',', (await DocumentedColumn.OfAsync(stream)).Select(column => column.Name))));
        Assert.That(Duck.Value($"SELECT count(*) FROM {Duck.Csv(file)}"), Is.EqualTo((long)items));
    }

    [Test]
    public async Task The_schema_of_all_streams_has_that_of_each()
    {
        using var exporter = new Exporter();

        var all = JsonNode.Parse(await exporter.RunAsync("schema", "--format", "json-schema"))!["$defs"]![stream];
        Assert.That(JsonNode.DeepEquals(all, JsonNode.Parse(await exporter.RunAsync("schema", stream, "--format", "json-schema"))));
        Assert.That(await exporter.RunAsync("schema"), Does.Contain($"# {stream}\n\n{await exporter.RunAsync("schema", stream)}"));
    }

    [Test]
    public async Task Parquet_metadata_has_the_table_and_the_version_of_its_columns()
    {
        var file = await SandboxFiles.OfAsync(stream, Some, "parquet");

        var metadata = Duck.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{file}') ORDER BY 1").Select(row => (row[0], row[1]));

        Assert.That(metadata, Has.Member(("croct.export.table", stream)));
        var version = (string)metadata.Single(entry => entry.Item1 is "croct.export.version").Item2!;
        Assert.That(version, Does.Match($"^{(await DocumentedColumn.OfAsync(stream)).Count}-[0-9a-f]{{8}}$"));
    }

    [Test]
    public async Task The_sql_creates_a_table_that_accepts_the_file()
    {
        using var exporter = new Exporter();
        var sql = await exporter.RunAsync("schema", stream, "--format", "sql");
        var file = await SandboxFiles.OfAsync(stream, Some, "parquet");

        var rows = Duck.Query(
            $"""
            {sql};
            INSERT INTO {stream} FROM {Duck.Parquet(file)};
            SELECT count(*), count(comment) FROM {stream}, duckdb_columns() WHERE table_name = '{stream}'
            """)[^1];

        var columns = (await DocumentedColumn.OfAsync(stream)).Count;
        Assert.That(rows, Is.EqualTo(new object[] { (long)Some * columns, (long)Some * columns }));
    }

    [Test]
    public async Task The_json_schema_has_a_member_for_each_column()
    {
        using var exporter = new Exporter();

        var schema = JsonNode.Parse(await exporter.RunAsync("schema", stream, "--format", "json-schema"))!;

        Assert.That(
            schema["properties"]!.AsObject().Select(property => property.Key),
            Is.EqualTo((await DocumentedColumn.OfAsync(stream)).Select(column => column.Name)));
        Assert.That(schema["properties"]!.AsObject().Select(property => (string?)property.Value!["description"]), Is.All.Not.Empty);
    }

    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task The_same_items_produce_the_same_bytes(string format)
    {
        using var exporter = new Exporter();
        var (first, second) = (await SandboxFiles.OfAsync(stream, Some, format), exporter.PathOf("again"));

        await exporter.RunAsync(stream, "--sandbox", "--sandbox-items", $"{Some}", "--format", format, "--output", second, "--quiet");

        Assert.That(await File.ReadAllBytesAsync(second), Is.EqualTo(await File.ReadAllBytesAsync(first)));
    }
}
