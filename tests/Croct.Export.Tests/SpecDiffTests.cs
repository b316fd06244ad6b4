using System.Diagnostics;

namespace Croct.Export.Tests;

/// <summary>The maintainer's comparison of the spec with another document of the API, as a process of its own.</summary>
public class SpecDiffTests
{
    private static readonly string Spec = Repository.Read("openapi/croct-export.yaml");

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("croct-export-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Finds_nothing_in_a_copy() => Assert.That(await CompareAsync(Spec), Is.EqualTo((0, "The two are the same on the wire.\n")));

    [Test]
    public async Task Does_not_count_descriptions_and_names_of_schemas()
    {
        var other = Spec.Replace("GeoPoint", "PointOnEarth", StringComparison.Ordinal).Replace("description: One page of users", "description: Users", StringComparison.Ordinal);

        Assert.That(other, Is.Not.EqualTo(Spec));
        Assert.That((await CompareAsync(other)).Code, Is.Zero);
    }

    [TestCase("maximum: 1000", "maximum: 5000", "changed  GET /events ?pageSize: integer int32 from 1 to 1000 by default 100 -> integer int32 from 1 to 5000 by default 100", TestName = "{m}: a limit")]
    [TestCase("        - userScrolled\n", "        - userScrolled\n        - wishMade\n", "added    GET /events ?events[]=wishMade: a value", TestName = "{m}: an enum value")]
    [TestCase("          userScrolled: '#/components/schemas/UserScrolled'\n", "", "removed  GET /events 200 items[].payload(userScrolled): a type", TestName = "{m}: a type of event")]
    [TestCase("      properties:\n        latitude:\n", "      properties:\n        altitude:\n          type: number\n          format: double\n        latitude:\n", "added    GET /session 200 items[].location.coordinates.altitude: number double", TestName = "{m}: a field")]
    [TestCase("      operationId: exportUserById", "      operationId: exportUser", "changed  GET /user/{userId}: exportUserById -> exportUser", TestName = "{m}: an operation")]
    public async Task Tells_what_changed(string before, string after, string told)
    {
        Assert.That(Spec, Does.Contain(before));

        var (code, output) = await CompareAsync(Spec.Replace(before, after, StringComparison.Ordinal));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain(told));
    }

    [Test]
    public async Task Refuses_what_is_no_OpenApi_document() => Assert.That(await CompareAsync("no: [document"), Is.EqualTo((2, "")));

    private async Task<(int Code, string Output)> CompareAsync(string other)
    {
        var file = Path.Combine(_folder, "other.yaml");
        await File.WriteAllTextAsync(file, other);
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "spec-diff.dll"), file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(await errors, process.ExitCode == 2 ? Does.StartWith("spec-diff: ").And.Contain(file) : Is.Empty);
        return (process.ExitCode, output);
    }
}
