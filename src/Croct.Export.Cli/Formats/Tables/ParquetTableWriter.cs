using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Croct.Export.Contract;
using ParquetSharp;
using ParquetSharp.IO;
using ParquetSharp.Schema;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Writes Parquet: typed columns, in row groups of bounded size. While one group is encoded, the next is filled; only these two are held in memory. The
/// version of the columns is in the file's metadata. A file cannot be read before it is complete, nor continued after that.
/// </summary>
internal sealed class ParquetTableWriter : ItemWriter
{
    /// <summary>The maximum number of rows in a row group.</summary>
    public const int MaxRows = 50_000;

    /// <summary>The length of a UUID, and of a decimal of <see cref="Decimals.Precision"/> digits.</summary>
    public const int FixedLength = 16;

    /// <summary>A row group ends early when its texts have this many bytes, so that long payloads take no more memory than short ones.</summary>
    private const long MaxTextLength = 5 * 1024 * 1024;

    private const int ZstdLevel = 3;

    private readonly Stream _stream;
    private readonly DrainedStream _encoded = new();
    private readonly ManagedOutputStream _output;
    private readonly ParquetFileWriter _file;
    private TableRows _filled;
    private TableRows _free;
    private Task _encoding = Task.CompletedTask;

    public ParquetTableWriter(Table table, Stream stream, Compression? compression)
        : base(table.Stream, table)
    {
        (_stream, _filled, _free) = (stream, new TableRows(table), new TableRows(table));
        _output = new ManagedOutputStream(_encoded);
        using var properties = CreateProperties(table, compression);
        using var schema = new GroupNode("schema", Repetition.Required, [.. table.Columns.Select(CreateNode)]);
        var metadata = new Dictionary<string, string> { ["croct.export.table"] = table.Stream.Name, ["croct.export.version"] = table.Version };
        _file = new ParquetFileWriter(_output, schema, properties, metadata);
    }

    /// <summary>The column of a file.</summary>
    public static PrimitiveNode CreateNode(ContractColumn column)
    {
        return column.Type switch
        {
            "uuid" => Node(LogicalType.Uuid(), PhysicalType.FixedLenByteArray, FixedLength),
            "boolean" => Node(LogicalType.None(), PhysicalType.Boolean),
            "int32" => Node(LogicalType.Int(32, isSigned: true), PhysicalType.Int32),
            "int64" => Node(LogicalType.Int(64, isSigned: true), PhysicalType.Int64),
            "double" => Node(LogicalType.None(), PhysicalType.Double),
            "decimal" => Node(LogicalType.Decimal(Decimals.Precision, Decimals.Scale), PhysicalType.FixedLenByteArray, FixedLength),
            "timestamp" => Node(LogicalType.Timestamp(isAdjustedToUtc: true, ParquetSharp.TimeUnit.Millis), PhysicalType.Int64),
            "json" => Node(LogicalType.Json(), PhysicalType.ByteArray),
            _ => Node(LogicalType.String(), PhysicalType.ByteArray),
        };

        PrimitiveNode Node(LogicalType type, PhysicalType physical, int length = -1) => new(column.Name, Repetition.Optional, type, physical, length);
    }

    public override async ValueTask<long?> WriteAsync(ReadOnlyMemory<byte> item)
    {
        Reader.Read(item, _filled);
        if (_filled.Count == MaxRows || _filled.TextLength >= MaxTextLength) await BeginGroupAsync();
        return Reader.Time;
    }

    public override async Task CompleteAsync()
    {
        if (_filled.Count > 0) await BeginGroupAsync();
        await EndGroupAsync();
        _file.Close();
        await DrainAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        // An error in a group is thrown by the call that awaits it. Here, the wait only ensures that nothing uses what is freed.
        await _encoding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _file.Dispose();
        _output.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>Starts encoding the filled rows, and makes room for others.</summary>
    private async Task BeginGroupAsync()
    {
        await EndGroupAsync();
        var rows = _filled;
        (_filled, _free) = (_free, rows);
        _encoding = Task.Run(() => Encode(rows));
    }

    private async Task EndGroupAsync()
    {
        await _encoding;
        await DrainAsync();
    }

    /// <summary>Writes the encoded bytes to the stream, which is not touched while a group is encoded: others read its state meanwhile.</summary>
    private async Task DrainAsync()
    {
        await _stream.WriteAsync(_encoded.Written);
        _encoded.Drain();
    }

    private void Encode(TableRows rows)
    {
        using (var group = _file.AppendRowGroup())
        {
            for (var i = 0; i < rows.Columns.Count; i++)
            {
                using var column = group.NextColumn();
                Encode(column, rows.Columns[i], rows.Columns[i].GetLevels(rows.Count));
            }
        }

        rows.Reset();

        // On Linux the encoder needs glibc, which keeps the memory freed by each thread of the pool: 20 MB of 180 at the peak, sometimes more.
        if (OperatingSystem.IsLinux()) _ = TrimAllocator(pad: 0);
    }

    private static void Encode(ColumnWriter column, ColumnBuffer cells, ReadOnlySpan<short> levels)
    {
        switch (cells)
        {
            case TextColumn texts:
                Encode((ColumnWriter<ByteArray>)column, texts, levels);
                break;
            case ValueColumn<bool> booleans:
                ((ColumnWriter<bool>)column).WriteBatch(levels.Length, levels, [], booleans.Values);
                break;
            case ValueColumn<int> integers:
                ((ColumnWriter<int>)column).WriteBatch(levels.Length, levels, [], integers.Values);
                break;
            case ValueColumn<long> integers:
                ((ColumnWriter<long>)column).WriteBatch(levels.Length, levels, [], integers.Values);
                break;
            case ValueColumn<double> numbers:
                ((ColumnWriter<double>)column).WriteBatch(levels.Length, levels, [], numbers.Values);
                break;
            case ValueColumn<decimal> numbers:
                Encode(
                    (ColumnWriter<FixedLenByteArray>)column,
                    numbers.Values,
                    levels,
                    static (number, bytes) => BinaryPrimitives.WriteInt128BigEndian(bytes, Decimals.ToUnscaled(number)));
                break;
            case ValueColumn<Guid> uuids:
                Encode(
                    (ColumnWriter<FixedLenByteArray>)column,
                    uuids.Values,
                    levels,
                    static (uuid, bytes) => uuid.TryWriteBytes(bytes, bigEndian: true, out _));
                break;
        }
    }

    private static void Encode(ColumnWriter<ByteArray> column, TextColumn texts, ReadOnlySpan<short> levels)
    {
        var pinned = GCHandle.Alloc(texts.Buffer, GCHandleType.Pinned);
        var values = ArrayPool<ByteArray>.Shared.Rent(texts.Count);
        try
        {
            var (address, start) = (pinned.AddrOfPinnedObject(), 0);
            for (var i = 0; i < texts.Count; i++)
            {
                var end = texts.Ends[i];
                values[i] = new ByteArray(address + start, end - start);
                start = end;
            }

            column.WriteBatch(levels.Length, levels, [], values.AsSpan(0, texts.Count));
        }
        finally
        {
            pinned.Free();
            ArrayPool<ByteArray>.Shared.Return(values);
        }
    }

    /// <param name="column">The column.</param>
    /// <param name="cells">The values that are not null.</param>
    /// <param name="levels">For each row, 1 if it has a value, otherwise 0.</param>
    /// <param name="write">Writes the bytes of a value.</param>
    private static void Encode<T>(ColumnWriter<FixedLenByteArray> column, ReadOnlySpan<T> cells, ReadOnlySpan<short> levels, Action<T, Span<byte>> write)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(cells.Length * FixedLength);
        var values = ArrayPool<FixedLenByteArray>.Shared.Rent(cells.Length);
        var pinned = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        try
        {
            for (var i = 0; i < cells.Length; i++)
            {
                write(cells[i], bytes.AsSpan(i * FixedLength, FixedLength));
                values[i] = new FixedLenByteArray(pinned.AddrOfPinnedObject() + (i * FixedLength));
            }

            column.WriteBatch(levels.Length, levels, [], values.AsSpan(0, cells.Length));
        }
        finally
        {
            pinned.Free();
            ArrayPool<FixedLenByteArray>.Shared.Return(values);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TrimAllocator(nuint pad);

    private static WriterProperties CreateProperties(Table table, Compression? compression)
    {
        using var builder = new WriterPropertiesBuilder();

        // The default pool of the library keeps freed memory, which is another 50 MB at the peak.
        builder.MemoryPool(MemoryPool.SystemMemoryPool());
        builder.Compression(compression switch
        {
            Compression.Gzip => ParquetSharp.Compression.Gzip,
            Compression.Zstd => ParquetSharp.Compression.Zstd,
            _ => ParquetSharp.Compression.Uncompressed,
        });
        if (compression == Compression.Zstd) builder.CompressionLevel(ZstdLevel);

        // JSON values are all different: a dictionary would be abandoned anyway, and minimum and maximum do not help to find a row.
        foreach (var column in table.Columns.Where(column => column.Type == "json")) builder.DisableDictionary(column.Name).DisableStatistics(column.Name);
        return builder.Build();
    }

    /// <summary>Holds the bytes written since it was last drained; its position counts all bytes.</summary>
    private sealed class DrainedStream : MemoryStream
    {
        private long _drained;

        public ReadOnlyMemory<byte> Written => GetBuffer().AsMemory(0, (int)Length);

        public override long Position
        {
            get => _drained + base.Position;
            set => throw new NotSupportedException();
        }

        public void Drain()
        {
            _drained += Length;
            SetLength(0);
        }
    }
}
