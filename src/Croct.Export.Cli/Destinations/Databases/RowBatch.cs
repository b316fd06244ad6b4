using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations.Databases;

/// <summary>Collects the rows of a transaction.</summary>
internal sealed class RowBatch : IDisposable
{
    /// <summary>A longer batch is worth a transaction. At most two are held at the same time.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private readonly MemoryStream _rows = new();
    private readonly MemoryStream _withoutId = new();

    public RowBatch() => Target = new PageTarget(_rows, IsBegun: false, Columns: null, Repeating: [], HasSeen: null) { WithoutId = _withoutId };

    /// <summary>Where a format writes the rows.</summary>
    public PageTarget Target { get; }

    public long Bytes => _rows.Length + _withoutId.Length;

    public bool IsFull => Bytes >= MaxBytes;

    /// <summary>The rows of items with an id, in the binary format of COPY, without header and trailer.</summary>
    public ReadOnlyMemory<byte> Rows => _rows.GetBuffer().AsMemory(0, (int)_rows.Length);

    /// <summary>The rows of items without an id, each followed by a key of its content.</summary>
    public ReadOnlyMemory<byte> RowsWithoutId => _withoutId.GetBuffer().AsMemory(0, (int)_withoutId.Length);

    /// <summary>Replaces the rows of another batch by those of this one, which is empty afterwards.</summary>
    public void MoveTo(RowBatch other)
    {
        other.Clear();
        _rows.WriteTo(other._rows);
        _withoutId.WriteTo(other._withoutId);
        Clear();
    }

    public void Clear()
    {
        _rows.SetLength(0);
        _withoutId.SetLength(0);
    }

    public void Dispose()
    {
        _rows.Dispose();
        _withoutId.Dispose();
    }
}
