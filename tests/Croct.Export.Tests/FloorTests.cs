using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Loader;

namespace Croct.Export.Tests;

/// <summary>Rooms stand on floors, and what is in a room uses only its own room and those on floors below.</summary>
public class FloorTests
{
    /// <summary>The rooms of the library, from the ground up. A model and its readers are one room: the readers make models, and models read themselves.</summary>
    private static readonly string[] Library = ["Json and Models", "options and errors", "Http", "Paging", "client", "Checkpoints"];

    private static readonly Lazy<IReadOnlyList<IType>> Types = new(() =>
        [.. new ArchLoader().LoadAssemblies(typeof(ExportClient).Assembly).Build().Types.Where(IsOurs)]);

    [Test]
    public void Arrows_between_rooms_of_the_library_only_point_down()
    {
        var up = from type in Types.Value
                 from target in type.GetTypeDependencies().Distinct()
                 where IsOurs(target) && FloorOf(target) > FloorOf(type)
                 select $"{type.FullName} ({Library[FloorOf(type)]}) uses {target.FullName} ({Library[FloorOf(target)]})";

        Assert.That(up.Distinct().Order(), Is.Empty);
    }

    [Test]
    public void Every_room_of_the_library_has_types_that_use_the_floor_below()
    {
        var used = (from type in Types.Value
                    from target in type.GetTypeDependencies()
                    where IsOurs(target) && FloorOf(target) < FloorOf(type)
                    select (From: FloorOf(type), To: FloorOf(target))).ToHashSet();

        // Otherwise the rooms above are not what they are taken for, and nothing is tested.
        Assert.That(Enumerable.Range(1, Library.Length - 1).Where(floor => !used.Contains((floor, floor - 1)) && !used.Contains((floor, floor - 2))), Is.Empty);
    }

    private static bool IsOurs(IType type) => type is not GenericParameter && type.FullName.StartsWith("Croct.Export.", StringComparison.Ordinal);

    private static int FloorOf(IType type)
    {
        var name = OutermostOf(type.FullName);
        return Array.IndexOf(Library, name switch
        {
            "Croct.Export.Models.RawExportClient" => "Http",
            _ when name.StartsWith("Croct.Export.Json.", StringComparison.Ordinal) || name.StartsWith("Croct.Export.Models.", StringComparison.Ordinal) => "Json and Models",
            _ when name.StartsWith("Croct.Export.Http.", StringComparison.Ordinal) => "Http",
            _ when name.StartsWith("Croct.Export.Paging.", StringComparison.Ordinal) => "Paging",
            _ when name.StartsWith("Croct.Export.Checkpoints.", StringComparison.Ordinal) => "Checkpoints",
            "Croct.Export.ExportPage" or "Croct.Export.EventPage" or "Croct.Export.RawPage" => "Paging",
            "Croct.Export.ExportClient" => "client",
            "Croct.Export.Checkpoint" or "Croct.Export.CheckpointedExport" or "Croct.Export.FileCursorStore" or "Croct.Export.ICursorStore" => "Checkpoints",
            _ => "options and errors",
        });
    }

    /// <summary>The name of the type that a type is nested in, without its type parameters.</summary>
    private static string OutermostOf(string name)
    {
        var end = name.IndexOfAny(['/', '+', '`', '<']);
        return end < 0 ? name : name[..end];
    }
}
