using System.Diagnostics.CodeAnalysis;
using Croct.Export.Models;
using Newtonsoft.Json;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>What the cells of a column are; README says how each format writes them.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names of types are what this is about.")]
internal enum ColumnType
{
    Text,
    Json,
    Int32,
    Double,
    Decimal,
    Timestamp,
}

/// <summary>One column of a table: any cell of it may be null.</summary>
/// <remarks>
/// <see cref="Get"/> gives a <see cref="string"/> for text and JSON, an <see cref="int"/>, a <see cref="double"/>, a <see cref="decimal"/>, or a
/// UTC <see cref="DateTime"/> of whole milliseconds, as <see cref="Type"/> says. The methods below make columns for which that holds.
/// </remarks>
internal sealed class Column<T>
{
    private Column(string name, ColumnType type, string description, Func<T, object?> get) => (Name, Type, Description, Get) = (name, type, description, get);

    public string Name { get; }

    public ColumnType Type { get; }

    public string Description { get; }

    public Func<T, object?> Get { get; }

    public static Column<T> Text(string name, string description, Func<T, string?> get) => new(name, ColumnType.Text, description, get);

    public static Column<T> Text(string name, string description, Func<T, Guid?> get) => new(name, ColumnType.Text, description, item => get(item)?.ToString());

    public static Column<T> Int32(string name, string description, Func<T, int?> get) => new(name, ColumnType.Int32, description, item => get(item));

    public static Column<T> Double(string name, string description, Func<T, double?> get) => new(name, ColumnType.Double, description, item => get(item));

    public static Column<T> Decimal(string name, string description, Func<T, decimal?> get) => new(name, ColumnType.Decimal, description, item => get(item));

    public static Column<T> Timestamp(string name, string description, Func<T, DateTimeOffset?> get) =>
        new(name, ColumnType.Timestamp, description, item => get(item)?.UtcDateTime);

    /// <summary>A column of what the library writes as JSON without loss: a model, a free-form value, a list of texts.</summary>
    public static Column<T> JsonOf(string name, string description, Func<T, object?> get) =>
        new(name, ColumnType.Json, description, item => get(item) is { } value ? JsonConvert.SerializeObject(value) : null);
}
