using System.Runtime.InteropServices;
using Croct.Export.Cli.Items;
using Croct.Export.Contract;
using ParquetSharp;
using ParquetSharp.IO;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>
/// Reads the keys of a Parquet file as <see cref="ParquetTableWriter"/> writes it, with the columns of any version. Only the columns of the key are read.
/// </summary>
internal static class ParquetTableReader
{
    /// <summary>Returns the key of each row.</summary>
    /// <param name="table">The columns of this version.</param>
    /// <param name="file">A stream that supports seeking. It stays open.</param>
    /// <exception cref="InvalidDataException">The file is cut or damaged, or is not such a file.</exception>
    public static IEnumerable<ItemKey> ReadKeys(Table table, Stream file)
    {
        using var keys = ReadRows(table, file).GetEnumerator();
        while (MoveNext()) yield return keys.Current;

        bool MoveNext()
        {
            try
            {
                return keys.MoveNext();
            }
            catch (ParquetException exception)
            {
                throw new InvalidDataException("The file is cut or damaged: it is not a complete Parquet file.", exception);
            }
        }
    }

    private static IEnumerable<ItemKey> ReadRows(Table table, Stream file)
    {
        using var input = new ManagedRandomAccessFile(file, leaveOpen: true);
        using var properties = ReaderProperties.WithMemoryPool(MemoryPool.SystemMemoryPool());
        using var reader = new ParquetFileReader(input, properties);
        using var metadata = reader.FileMetaData;
        var (id, time) = (IndexOf(metadata.Schema, table.Key.Columns[0]), IndexOf(metadata.Schema, table.Key.Columns[1]));
        for (var i = 0; i < metadata.NumRowGroups; i++)
        {
            using var group = reader.RowGroup(i);
            using var ids = group.Column(id);
            using var times = group.Column(time);
            var nextId = CreateIdReader(ids);
            var nextTime = new Cells<long>(times);
            for (var rows = group.MetaData.NumRows; rows > 0; rows--) yield return RowKey.Of(nextId(), nextTime.Next());
        }
    }

    private static int IndexOf(SchemaDescriptor schema, ContractColumn column)
    {
        var index = schema.ColumnIndex(column.Name);
        if (index < 0) throw new InvalidDataException($"The file has no column '{column.Name}'.");
        using var found = schema.Column(index).SchemaNode;
        using var expected = ParquetTableWriter.CreateNode(column);
        return found.Equals(expected) ? index : throw new InvalidDataException($"The column '{column.Name}' is not of type {column.Type}.");
    }

    private static Func<string?> CreateIdReader(ColumnReader column)
    {
        if (column.Type == PhysicalType.ByteArray)
        {
            var texts = new Cells<ByteArray>(column);
            return () => texts.Next() is { } text ? Marshal.PtrToStringUTF8(text.Pointer, text.Length) : null;
        }

        var uuids = new Cells<FixedLenByteArray>(column);
        var bytes = new byte[ParquetTableWriter.FixedLength];
        return () =>
        {
            if (uuids.Next() is not { } uuid) return null;
            Marshal.Copy(uuid.Pointer, bytes, 0, bytes.Length);
            return new Guid(bytes, bigEndian: true).ToString();
        };
    }

    /// <summary>The cells of a column in a row group. A value that points to memory is valid until the next one is read.</summary>
    private sealed class Cells<T>(ColumnReader column)
        where T : unmanaged
    {
        private readonly ColumnReader<T> _column = (ColumnReader<T>)column;
        private readonly short[] _levels = new short[1024];
        private readonly T[] _values = new T[1024];
        private long _rows;
        private int _row;
        private int _value;

        public T? Next()
        {
            if (_row == _rows)
            {
                _rows = _column.ReadBatch(_levels.Length, _levels, [], _values, out _);
                (_row, _value) = (0, 0);
                if (_rows == 0) throw new InvalidDataException("The file is damaged: a column has fewer cells than there are rows.");
            }

            return _levels[_row++] == 0 ? null : _values[_value++];
        }
    }
}
