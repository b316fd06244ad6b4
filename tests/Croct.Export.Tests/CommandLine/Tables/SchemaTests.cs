namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>Files of no rows and of some: their columns are those that are documented.</summary>
[TestFixture("events")]
[TestFixture("sessions")]
[TestFixture("users")]
public class SchemaTests(string stream)
{
    private Exporter _exporter = null!;

    [SetUp]
    public void MakeExporter() => _exporter = new Exporter();

    [TearDown]
    public void RemoveFolder() => _exporter.Dispose();

    [TestCase("0")]
    [TestCase("100")]
    public async Task Parquet_has_the_documented_columns_and_types(string items)
    {
        var file = await ExportAsync("items.parquet", items);

        var columns = Duck.Query($"DESCRIBE SELECT * FROM {Duck.Parquet(file)}").Select(row => (row[0], row[1]));

        Assert.That(columns, Is.EqualTo((await DocumentedColumn.OfAsync(stream)).Select(column => (column.Name, column.SqlType))));
        Assert.That(Duck.Value($"SELECT count(*) FROM {Duck.Parquet(file)}"), Is.EqualTo(long.Parse(items)));
    }

    [TestCase("0")]
    [TestCase("100")]
    public async Task Csv_has_the_documented_columns(string items)
    {
        var file = await ExportAsync("items.csv", items);

        var header = (await File.ReadAllTextAsync(file)).Split("\r\n")[0];

        Assert.That(header, Is.EqualTo(string.Join(',', (await DocumentedColumn.OfAsync(stream)).Select(column => column.Name))));
        Assert.That(Duck.Value($"SELECT count(*) FROM {Duck.Csv(file)}"), Is.EqualTo(long.Parse(items)));
    }

    [Test]
    public async Task Parquet_says_which_table_it_is_and_which_version_of_its_columns()
    {
        var file = await ExportAsync("items.parquet", "1");

        var metadata = Duck.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{file}') ORDER BY 1").Select(row => (row[0], row[1]));

        Assert.That(metadata, Is.EqualTo(new[] { ("croct.export.table", stream), ("croct.export.version", "1") }));
    }

    [TestCase("items.csv")]
    [TestCase("items.parquet")]
    public async Task The_same_items_make_the_same_bytes(string name)
    {
        var first = await ExportAsync(name, "500");
        var second = await ExportAsync("again-" + name, "500");

        Assert.That(await File.ReadAllBytesAsync(second), Is.EqualTo(await File.ReadAllBytesAsync(first)));
    }

    private async Task<string> ExportAsync(string file, string items)
    {
        var path = _exporter.PathOf(file);
        await _exporter.RunAsync(stream, "--sandbox", "--sandbox-items", items, "--format", Path.GetExtension(file)[1..], "--output", path, "--quiet");
        return path;
    }
}
